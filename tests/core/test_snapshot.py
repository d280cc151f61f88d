from __future__ import annotations

import hashlib
import json
import random

import numpy as np
import pytest
from count_env import CountEnv
from gymnasium.error import ResetNeeded

from t2po_gym.core.snapshot import pack, pack_rng, unpack, unpack_rng

SCRIPT = ["dice", "up", "echo[\ud83d\ude00 \ud800 😀 \x00]", "up", "dice", "up", "up"]


@pytest.mark.parametrize("stop", range(len(SCRIPT) + 1))
def test_branching_at_every_turn_is_exact(stop: int) -> None:
    whole = CountEnv()
    whole.reset(seed=9)
    steps = [whole.step(action) for action in SCRIPT]
    env = CountEnv()
    last = env.reset(seed=9)
    for action in SCRIPT[:stop]:
        step = env.step(action)
        last = (step[0], step[4])
    state = env.snapshot()
    fresh = CountEnv()
    env.reset(seed=123)  # leave it elsewhere
    env.step("up")
    for instance in (env, fresh):
        assert instance.restore(state) == last
        assert [instance.step(action) for action in SCRIPT[stop:]] == steps[stop:]
        with pytest.raises(ResetNeeded):
            instance.step("up")


def test_episodes_that_follow_are_the_same_too() -> None:
    env, fresh = CountEnv(), CountEnv()
    env.reset(seed=1)
    state = env.snapshot()
    following = [env.reset()[0] for _ in range(5)]
    fresh.restore(state)
    assert [fresh.reset()[0] for _ in range(5)] == following


def test_a_random_walk_of_branches() -> None:
    """Snapshots taken anywhere continue exactly, in any order."""
    rng = random.Random(0)
    for seed in range(20):
        env = CountEnv(max_turns=30)
        env.reset(seed=seed)
        actions = [rng.choice(["up", "dice", "no", "echo[é]"]) for _ in range(3)]
        for action in actions:
            env.step(action)
        state = env.snapshot()
        ends = []
        for _ in range(2):
            env.restore(state)
            ends.append([env.step(a)[4]["observation_hash"] for a in ("dice", "dice")])
        assert ends[0] == ends[1]


def test_before_reset_there_is_nothing_to_save() -> None:
    with pytest.raises(ResetNeeded, match="nothing to save"):
        CountEnv().snapshot()


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [
        ({"split": "dev"}, "split"),
        ({"max_turns": 11}, "max_turns"),
        ({"progress": False}, "progress"),
        ({"prefix": "x"}, "prefix"),
    ],
)
def test_a_snapshot_of_another_make_is_refused(kwargs: dict[str, object], name: str) -> None:
    env = CountEnv(**kwargs)  # type: ignore[arg-type]
    env.reset(seed=0)
    target = CountEnv()
    target.reset(seed=0)
    target.step("up")
    before = target.snapshot()
    with pytest.raises(ValueError, match=f"with {name}="):
        target.restore(env.snapshot())
    assert target.snapshot() == before, "a refused restore must change nothing"


def test_settings_may_be_tuples() -> None:
    class WithTuple(CountEnv):
        def _identity(self) -> dict[str, object]:
            return {"sizes": (1, 2)}

    env = WithTuple()
    env.reset(seed=0)
    WithTuple().restore(env.snapshot())


def test_a_snapshot_of_another_class_is_refused() -> None:
    class Other(CountEnv):
        pass

    env = Other()
    env.reset(seed=0)
    with pytest.raises(ValueError, match="with class="):
        CountEnv().restore(env.snapshot())


def test_damage_is_noticed_wherever_it_is() -> None:
    env = CountEnv()
    env.reset(seed=0)
    state = env.snapshot()
    for place in range(len(state)):
        broken = state[:place] + bytes([state[place] ^ 1]) + state[place + 1 :]
        with pytest.raises(ValueError, match="snapshot"):
            env.restore(broken)
    for cut in (0, 5, 20, len(state) // 2, len(state) - 1):
        with pytest.raises(ValueError, match="snapshot"):
            env.restore(state[:cut])


def test_other_versions_and_types_are_named() -> None:
    env = CountEnv()
    env.reset(seed=0)
    state = env.snapshot()
    with pytest.raises(ValueError, match="format version 2"):
        env.restore(state.replace(b"snapshot 1", b"snapshot 2", 1))
    with pytest.raises(TypeError, match="bytes"):
        env.restore(state.decode())  # type: ignore[arg-type]


def test_pack_keeps_odd_strings_and_order() -> None:
    value = {"b": ["\ud83d\ude00", "😀", "\ud800", "\x00\n"], "a": 0.1 + 0.2, "n": 2**100}
    assert unpack(pack(value)) == value
    assert list(unpack(pack(value))) == ["b", "a", "n"]


def test_format_is_checksummed_json() -> None:
    first, digest, body = pack({"a": 1}).split(b"\n", 2)
    assert first == b"t2po-gym snapshot 1"
    assert digest.decode() == hashlib.sha256(body).hexdigest()
    assert json.loads(body) == {"a": 1}


def test_rng_goes_on_where_it_was() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    rng.integers(10, size=7, dtype=np.int32)  # leaves half a word in the buffer
    again = unpack_rng(json.loads(json.dumps(pack_rng(rng))))
    assert rng.random(5).tolist() == again.random(5).tolist()
    with pytest.raises(ValueError, match="PCG64"):
        pack_rng(np.random.Generator(np.random.MT19937(0)))
