from __future__ import annotations

import pytest
from count_env import CountEnv

from t2po_gym import PotentialShaping, ProgressReward


def rewards(env: object, actions: list[str]) -> list[float]:
    env.reset(seed=0)  # type: ignore[attr-defined]
    return [float(env.step(action)[1]) for action in actions]  # type: ignore[attr-defined]


def test_shaping_by_hand() -> None:
    """Phi = 0, .25, .25, .5, .75 and 0 at the terminal state; gamma 0.5."""
    shaped = rewards(PotentialShaping(CountEnv(), gamma=0.5), ["up", "no", "up", "up", "up"])
    assert shaped == pytest.approx([0.125, -0.125, 0.0, -0.125, 1.0 - 0.75])


@pytest.mark.parametrize("gamma", [1.0, 0.95, 0.5])
@pytest.mark.parametrize(
    "actions", [["up"] * 4, ["no", "up", "dice", "up", "up", "no", "up"]], ids=["straight", "lazy"]
)
def test_shaping_telescopes_to_minus_the_first_potential(gamma: float, actions: list[str]) -> None:
    """The discounted sum of the added terms is -Phi(s_0) = 0 on every finished episode."""
    bare = rewards(CountEnv(), actions)
    shaped = rewards(PotentialShaping(CountEnv(), gamma=gamma), actions)
    added = sum(gamma**t * (s - b) for t, (s, b) in enumerate(zip(shaped, bare, strict=True)))
    assert added == pytest.approx(0.0, abs=1e-12)


def test_shaping_keeps_the_potential_at_truncation() -> None:
    """Cut off after two turns at Phi = .5: the added terms sum to gamma^2 * .5."""
    shaped = rewards(PotentialShaping(CountEnv(max_turns=2), gamma=0.9), ["up", "up"])
    assert shaped[0] + 0.9 * shaped[1] == pytest.approx(0.9**2 * 0.5)


def test_shaping_after_restore() -> None:
    env = PotentialShaping(CountEnv(), gamma=0.5)
    env.reset(seed=0)
    env.step("up")
    state = env.unwrapped.snapshot()  # type: ignore[attr-defined]
    expected = env.step("up")
    env.reset(seed=0)
    env.restore(state)
    assert env.step("up") == expected


def test_progress_reward_is_the_delta() -> None:
    assert rewards(ProgressReward(CountEnv()), ["up", "no", "up"]) == [0.25, 0.0, 0.25]
    assert "not policy-invariant" in (ProgressReward.__doc__ or "").lower()


@pytest.mark.parametrize("gamma", [0.0, -1.0, 1.5])
def test_gamma_is_checked(gamma: float) -> None:
    with pytest.raises(ValueError, match="gamma"):
        PotentialShaping(CountEnv(), gamma=gamma)


def test_wrappers_need_progress() -> None:
    with pytest.raises(ValueError, match="progress=True"):
        PotentialShaping(CountEnv(progress=False), gamma=1.0).reset(seed=0)
    env = ProgressReward(CountEnv(progress=False))
    env.reset(seed=0)
    with pytest.raises(ValueError, match="progress=True"):
        env.step("up")
