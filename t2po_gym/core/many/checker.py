"""``check_text_env``: an executable check of the `TextEnv` contract.

Every environment of the package passes it in the tests; run it on your own environment too. It
plays short episodes and raises `ContractError` with one sentence at the first violation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from random import Random
from typing import Any

import gymnasium as gym
from gymnasium.error import ResetNeeded

from t2po_gym.core.env import TextEnv

__all__ = ["HOSTILE_ACTIONS", "ContractError", "check_text_env", "random_policy"]

Step = tuple[str, float, bool, bool, dict[str, Any]]
Policy = Callable[[str, Mapping[str, Any]], str]
Factory = Callable[..., TextEnv]

INFO_TYPES: Mapping[str, type] = {
    "score": float,
    "success": bool,
    "turn": int,
    "action_valid": bool,
    "state_key": str,
    "state_repeated": bool,
    "action_repeated": bool,
    "task_id": str,
    "task": str,
    "task_type": str,
    "action_format": str,
    "observation_hash": str,
    "admissible_actions": tuple,
}
PROGRESS_TYPES: Mapping[str, type] = {
    "progress": float,
    "progress_delta": float,
    "progress_max": float,
    "milestones": dict,
    "progress_version": str,
}
HOSTILE_ACTIONS: tuple[str, ...] = (
    *("", " ", "\n\t\r", "[", "]", "[]", "[[]]", "x[", "go[]", "search[]", "click[ ]"),
    *("\x00", "look\x00", "".join(map(chr, range(32))), "\x7f\x80\x9f\u2028\u2029\ufeff"),
    *("\ud800", "\udfff\ud800", "search[\ud83d\ude00]", "\ufffe\uffff", "\U0010ffff"),
    *("검색[신발]", "搜索[红鞋]", "بحث[حذاء]", "поиск[обувь]", "e\u0301" * 50, "👩‍👩‍👧‍👦🏳️‍🌈"),
    *("%s%n%x%1000000d", "{0}{a.__class__}{", "${HOME}", "\\", "'\"", "(((((((", "(a+)+$"),
    *("<action>look</action>", "<|im_end|>", "{'a': 1}", "../../etc/passwd", "; DROP TABLE x"),
    *("a" * 102_400, "search[" + "b" * 60_000 + "]", "[" * 50_000, "é" * 99_999, "a " * 40_000),
)
FILLERS = ("red", "shoes", "tea", "a", "blue cotton shirt")
TOLERANCE = 1e-9
LONGEST_PLAY = 200  # steps; an environment may have no turn limit to speak of


class ContractError(AssertionError):
    """An environment violates the contract."""


def check_text_env(
    env: TextEnv | Factory, *, policy: Policy | None = None, episodes: int = 3, seed: int = 0
) -> None:
    """Check an environment against the contract of `TextEnv`.

    Args:
        env: An environment made by ``gymnasium.make``, or a function that makes one and takes the
            keyword ``progress``.
        policy: A policy (observation, info -> action) to play in addition to the random one, such
            as a scripted expert, so that endings are reached. It must be deterministic.
        episodes: Number of episodes to play with each policy.
        seed: Seed of the first episode.

    Raises:
        ContractError: At the first violation.
    """
    make = env if not isinstance(env, gym.Env) else _factory_of(env)
    subject = make()
    _check_declarations(subject)
    _check_order_of_calls(make())
    _check_rendering(make(), seed)
    _check_tasks(make(), seed)
    for episode_seed in range(seed, seed + episodes):
        for chosen in (None, policy) if policy else (None,):
            _check_episodes(make, subject, chosen, episode_seed)
    _check_hostile(make(), seed)


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise ContractError(sentence)


def _factory_of(env: gym.Env[Any, Any]) -> Factory:
    spec = env.unwrapped.spec
    if spec is None or not isinstance(env.unwrapped, TextEnv):
        raise ValueError(
            "check_text_env needs a TextEnv made by gymnasium.make, or a function that makes one."
        )

    def make(**kwargs: Any) -> TextEnv:
        made = gym.make(spec, **kwargs).unwrapped
        assert isinstance(made, TextEnv)
        return made

    return make


def _check_declarations(env: TextEnv) -> None:
    count = env.num_tasks()
    _demand(count >= 1, f"num_tasks() must be at least 1, it is {count}.")
    for index in {0, count // 2, count - 1}:
        name = env.task_id(index)
        _demand(env.task_index(name) == index, f"task_index({name!r}) must give {index} back.")
        _, info = env.reset(seed=0, options={"task_id": name})
        _demand(info["task_id"] == name, f"reset with task_id {name!r} gave {info['task_id']!r}.")
        _, again = env.reset(seed=0, options={"task_index": index})
        _demand(again == info, f"task_index {index} and task_id {name!r} must start alike.")
    for options in (
        {"task_id": "no such task \ud800"},
        {"task_id": 3},
        {"task_index": count},
        {"task_index": -1},
        {"task_index": True},
        {"nonsense": 1},
    ):
        _raises(ValueError, f"reset(options={options})", _reset_with, env, options)


def _reset_with(env: TextEnv, options: dict[str, Any]) -> None:
    env.reset(options=options)


def _raises(kind: type[Exception], what: str, call: Callable[..., Any], *args: Any) -> None:
    try:
        call(*args)
    except kind as error:
        _demand(bool(str(error)), f"{what} must raise {kind.__name__} with a sentence.")
        return
    raise ContractError(f"{what} must raise {kind.__name__}.")


def _check_order_of_calls(env: TextEnv) -> None:
    _raises(ResetNeeded, "step() before reset()", env.step, "look")
    _raises(ResetNeeded, "snapshot() before reset()", env.snapshot)
    _, info = env.reset(seed=0)
    for action in (None, 3, b"look", ["look"], ("look",)):
        _raises(TypeError, f"step({action!r})", env.step, action)
    taken, terminated, truncated = 0, False, False
    while not (terminated or truncated) and taken < LONGEST_PLAY:
        _, _, terminated, truncated, info = env.step("\x00")
        taken += 1
        _demand(info["turn"] == taken, "A refused step() must not count as a turn.")
    if not (terminated or truncated):
        return  # the turn limit is too far away to be seen here
    _demand(terminated or taken == env.max_turns, "The turn limit must truncate.")
    _raises(ResetNeeded, "step() after the end", env.step, "look")
    _raises(ResetNeeded, "a second step() after the end", env.step, "look")


def _check_rendering(env: TextEnv, seed: int) -> None:
    """Rendering returns text and changes nothing."""
    env.render_mode = "ansi"  # set here, so that factories need not take the keyword
    _raises(ResetNeeded, "render() before reset()", env.render)
    observation, info = env.reset(seed=seed)
    for turn in range(3):
        before = env.snapshot()
        text = env.render()
        _demand(isinstance(text, str), f"render() must return text under 'ansi', at turn {turn}.")
        _demand(env.render() == text, f"Two renderings of one state differ at turn {turn}.")
        _demand(env.snapshot() == before, f"render() changes the episode at turn {turn}.")
        observation, _, terminated, truncated, info = env.step(
            random_policy(seed)(observation, info)
        )
        if terminated or truncated:
            return


def _check_episodes(make: Factory, subject: TextEnv, policy: Policy | None, seed: int) -> None:
    first = _play(subject, policy, seed)
    _check_steps(subject, first)
    _demand(_play(subject, policy, seed) == first, f"Two runs of seed {seed} differ.")
    _demand(_play(make(), policy, seed) == first, f"A fresh instance plays seed {seed} otherwise.")
    _check_without_progress(make(progress=False), policy, seed, first)
    _check_branching(make, subject, policy, seed, first)
    if first[-1][2] or first[-1][3]:
        _raises(ResetNeeded, "step() after the end", subject.step, "look")


def _play(env: TextEnv, policy: Policy | None, seed: int) -> list[Step]:
    """Play one episode; the reset comes first, as a step with reward 0."""
    observation, info = env.reset(seed=seed)
    return _play_on(env, policy or random_policy(seed), [(observation, 0.0, False, False, info)])


def _play_on(env: TextEnv, policy: Policy, steps: list[Step]) -> list[Step]:
    while not (steps[-1][2] or steps[-1][3]) and len(steps) <= LONGEST_PLAY:
        steps.append(env.step(policy(steps[-1][0], dict(steps[-1][4]))))
    return steps


def random_policy(seed: int) -> Policy:
    """Return a policy of random admissible actions, patterns filled in, and some nonsense.

    It depends on seed and turn only, so it continues the same way in a restored episode.
    """

    def act(observation: str, info: Mapping[str, Any]) -> str:
        rng = Random(f"{seed} {info['turn']}")
        actions: Sequence[str] = info["admissible_actions"] or ("look",)
        if rng.random() < 0.1:
            return "nonsense"
        chosen = actions[rng.randrange(len(actions))]
        return re.sub("<[^<>]*>", FILLERS[rng.randrange(len(FILLERS))], chosen)

    return act


def _check_tasks(env: TextEnv, seed: int) -> None:
    """Tasks are stated in one line, and listed as they are played."""
    _, info = env.reset(seed=seed)
    task = info["task"]
    _demand(task == " ".join(task.split()) != "", f"info['task'] must be one line; got {task!r}.")
    listed = env.tasks()
    _demand(len(listed) == env.num_tasks(), "tasks() must list every task of the split.")
    record = listed[env.task_index(info["task_id"])]
    told = (record.id, record.type)
    _demand(
        told == (info["task_id"], info["task_type"]),
        f"tasks() must name the task as info does; it says {told}.",
    )
    for index in (len(listed), -len(listed) - 1):
        _raises(IndexError, f"tasks()[{index}]", listed.__getitem__, index)


def _check_steps(env: TextEnv, steps: Sequence[Step]) -> None:
    """Check everything that one episode shows."""
    chain = b""
    states: set[str] = set()
    keys = set(steps[0][4])
    for number, (observation, reward, terminated, truncated, info) in enumerate(steps):
        at = f"at turn {number}"
        _demand(env.observation_space.contains(observation), f"Observation out of space {at}.")
        _demand(type(reward) is float and math.isfinite(reward), f"Reward {reward!r} {at}.")
        _demand(set(info) == keys, f"The info keys change {at}.")
        _check_info_types(env, info, at)
        chain = sha256(chain + observation.encode("utf-8", "surrogatepass")).digest()
        _demand(info["observation_hash"] == chain.hex(), f"observation_hash is wrong {at}.")
        _demand(info["turn"] == number, f"turn is {info['turn']} {at}.")
        repeated = info["state_key"] in states
        _demand(info["state_repeated"] is repeated, f"state_repeated is wrong {at}.")
        states.add(info["state_key"])
        _demand(0.0 <= info["score"] <= 1.0, f"score {info['score']} is outside [0, 1] {at}.")
        limit = number == env.max_turns and not terminated
        _demand(truncated is limit, f"truncated is {truncated} {at} of {env.max_turns}.")
    _check_progress(steps)


def _check_info_types(env: TextEnv, info: Mapping[str, Any], at: str) -> None:
    wanted = {**INFO_TYPES, **PROGRESS_TYPES, **dict.fromkeys(env.EXTRA_INFO, object)}
    _demand(set(info) == set(wanted), f"Info keys must be {sorted(wanted)}; got {sorted(info)}.")
    for key, kind in {**INFO_TYPES, **PROGRESS_TYPES}.items():
        _demand(type(info[key]) is kind, f"info[{key!r}] must be a {kind.__name__} {at}.")
    actions = info["admissible_actions"]
    _demand(all(type(action) is str for action in actions), f"admissible_actions {at}.")
    milestones = info["milestones"]
    _demand(tuple(milestones) == env.MILESTONES, f"milestones must have the keys {env.MILESTONES}.")
    _demand(
        all(type(v) is float and v in (0.0, 1.0) for v in milestones.values()),
        f"milestones must be 0.0 or 1.0 {at}; got {milestones}.",
    )
    _demand(info["progress_version"] == env.PROGRESS_VERSION, "progress_version is wrong.")


def _check_progress(steps: Sequence[Step]) -> None:
    first, last = steps[0][4], steps[-1][4]
    _demand(first["progress"] == 0.0, f"Progress must start at 0, it is {first['progress']}.")
    _demand(first["progress_delta"] == 0.0, "progress_delta must be 0.0 at reset.")
    best, before = 0.0, 0.0
    for number, (_, _, _, _, info) in enumerate(steps):
        value = info["progress"]
        _demand(0.0 <= value <= 1.0, f"Progress {value} is outside [0, 1] at turn {number}.")
        best = max(best, value)
        _demand(info["progress_max"] == best, f"progress_max is wrong at turn {number}.")
        delta = value - before
        _demand(
            abs(info["progress_delta"] - delta) <= TOLERANCE,
            f"progress_delta is {info['progress_delta']}, not {delta}, at turn {number}.",
        )
        before = value
    total = sum(info["progress_delta"] for _, _, _, _, info in steps)
    _demand(abs(total - last["progress"]) <= TOLERANCE, "The deltas do not add up to progress.")
    if steps[-1][2]:
        _demand(
            abs(last["progress"] - last["score"]) <= TOLERANCE,
            f"Progress at the end is {last['progress']}, the score is {last['score']}.",
        )
        solved = last["progress"] >= 1.0 - TOLERANCE
        _demand(last["success"] is solved, "success must hold exactly where progress ends at 1.")


def _check_without_progress(
    env: TextEnv, policy: Policy | None, seed: int, first: Sequence[Step]
) -> None:
    """With progress off, the same episode differs only in the missing progress keys."""
    plain = [
        (obs, reward, terminated, truncated, _without(info))
        for obs, reward, terminated, truncated, info in first
    ]
    _demand(_play(env, policy, seed) == plain, "progress=False must only remove the progress keys.")


def _without(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key not in PROGRESS_TYPES}


def _check_branching(
    make: Factory, env: TextEnv, policy: Policy | None, seed: int, first: Sequence[Step]
) -> None:
    """Snapshots of every turn, the last included, continue exactly, here and in a new instance."""
    act = policy or random_policy(seed)
    for stop in sorted({0, len(first) // 2, len(first) - 1}):
        env.reset(seed=seed)
        for step in range(stop):
            env.step(act(first[step][0], dict(first[step][4])))
        state = env.snapshot()
        _demand(isinstance(state, bytes), "snapshot() must return bytes.")
        _demand(env.snapshot() == state, "Two snapshots of one state must be the same bytes.")
        _play_elsewhere(env, seed + 1)
        for place, instance in (("the same instance", env), ("a fresh instance", make())):
            observation, info = instance.restore(state)
            expected = (first[stop][0], first[stop][4])
            _demand((observation, info) == expected, f"restore in {place} at turn {stop} differs.")
            steps = _play_on(instance, act, list(first[: stop + 1]))
            _demand(steps == list(first), f"Play from turn {stop} restored in {place} differs.")
    for bad in (b"", b"nonsense", b"\x00" * 64, state[:-1], state[:-2] + b"]}"):
        _raises(ValueError, f"restore({bad[:20]!r}...)", env.restore, bad)
    _raises(TypeError, "restore('text')", env.restore, "text")


def _play_elsewhere(env: TextEnv, seed: int) -> None:
    """Move the instance to another state, so that a restore that does nothing is caught."""
    _, info = env.reset(seed=seed)
    for action in info["admissible_actions"][:2]:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            return


def _check_hostile(env: TextEnv, seed: int) -> None:
    """Hostile text is an ordinary action: no exception, bounded observation, correct counts."""
    observation, info = env.reset(seed=seed)
    known = info["admissible_actions"][:2]
    wander = random_policy(seed)  # in between, so that more than the first state is tested
    hostile = (*HOSTILE_ACTIONS, *(a + "\x00" for a in known), *(a + "]" * 9 for a in known))
    for number, text in enumerate(hostile):
        for action in (wander(observation, info), text):
            observation, _, terminated, truncated, info = env.step(action)
            _demand(
                env.observation_space.contains(observation),
                f"The observation after the action {action[:40]!r} is out of space.",
            )
            restored = env.restore(env.snapshot())
            _demand(restored == (observation, info), f"A snapshot after {action[:40]!r} differs.")
            if terminated or truncated:
                observation, info = env.reset(seed=seed + number)
