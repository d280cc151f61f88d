"""The run itself: seed, length, checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import ANY_COUNT, COUNT, check_numbers

__all__ = ["RunConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """The run itself."""

    name: str = ""
    """Folder name under `root`; empty makes one from the environment and the seed."""
    root: str = "runs"
    """Where run folders live."""
    overwrite: bool = False
    """Start over where the folder holds a run already."""
    seed: int = 0
    """Seeds everything: tasks, samples, initial weights."""
    steps: int = 40
    """Training steps in all; 0 only evaluates."""
    token_budget: int = 0
    """Train until this many tokens were generated, forced and rejected ones included, whatever the
    number of steps; the learning rate then follows the tokens. 0: train for `steps` steps."""
    stop_after: int = 0
    """Stop cleanly after this many steps in all (0: run to the end); continue with --resume."""
    checkpoint_every: int = 1
    """Steps between checkpoints."""
    keep_checkpoints: int = 2
    """Newest checkpoints kept; the best one by dev evaluation is kept beside them."""
    trace_episodes: int = 4
    """Episodes written to traces/ per step and per evaluation."""
    trace_details: bool = True
    """Write to details/ what the policy knew of those episodes: tokens with their uncertainty,
    forced ones, rejected tries, advantages. `t2po-gym watch` shows it."""
    tensorboard: bool = True
    """Write TensorBoard events."""
    threads: int = 0
    """Torch threads; 0 uses the cores this process may run on."""

    @property
    def detailed_episodes(self) -> int:
        """Episodes per step whose details are kept."""
        return self.trace_episodes if self.trace_details else 0

    def __post_init__(self) -> None:
        check_numbers(
            "run",
            self,
            seed=ANY_COUNT,
            steps=ANY_COUNT,
            token_budget=ANY_COUNT,
            stop_after=ANY_COUNT,
            checkpoint_every=COUNT,
            keep_checkpoints=ANY_COUNT,
            trace_episodes=ANY_COUNT,
            threads=ANY_COUNT,
        )
