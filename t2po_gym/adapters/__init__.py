"""The environments inside other frameworks, one module each; docs/adapters.md has the table.

Every adapter plays the same episodes as `gymnasium.make`: same tasks, seeds, observations, rewards
and hash chain. Progress and what else tells how the world really is are handed out only where they
were asked for. Nothing else in the package imports an adapter, and each needs an extra of its own.
"""
