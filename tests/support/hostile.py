"""Random and hostile action texts, and the growth of a process that plays them."""

import resource

from t2po_gym.core.many.checker import HOSTILE_ACTIONS

GROWTH_MB = 40
"""Allowed growth of a process after its caches are warm."""

SHORT_HOSTILE = [action for action in HOSTILE_ACTIONS if len(action) < 2000]


def random_text(rng):
    """Up to 60 characters from everywhere."""
    highest = rng.choice((0x7F, 0xFF, 0xFFFF, 0x10FFFF))
    return "".join(chr(rng.randrange(highest + 1)) for _ in range(rng.randrange(60)))


def hostile_action(rng, long_ones):
    """One of the checker's hostile actions; the longest only where they are wanted."""
    return rng.choice(HOSTILE_ACTIONS if long_ones else SHORT_HOSTILE)


def random_steps(env, rng, steps, choose, *, seeds=1 << 32, give_up=0.0):
    """Play random episodes; yields each action, the info before it, and what the step returned.

    ``choose(rng, info, long_ones)`` picks an action; every fiftieth may be a very long one.
    ``give_up`` is the chance per step of ending an episode early.
    """
    ended, info = True, {}
    for step in range(steps):
        if ended:
            _, info = env.reset(seed=rng.randrange(seeds))
        action = choose(rng, info, step % 50 == 0)
        result = env.step(action)
        yield action, info, result
        ended, info = result[2] or result[3] or rng.random() < give_up, result[4]


def peak_mb():
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def check_growth(envs, rng, fuzz, *, warm_steps, steps):
    """Fill every cache to its bound, then play 16 more rounds without growing."""
    for env in envs:
        fuzz(env, rng, warm_steps)
    before = peak_mb()
    for _ in range(16):
        for env in envs:
            assert fuzz(env, rng, steps) <= env.MAX_OBSERVATION_CHARS
    grown = peak_mb() - before
    assert grown < GROWTH_MB, f"peak memory grew by {grown:.0f} MB"
