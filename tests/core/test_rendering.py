"""What ``render()`` shows, and that showing changes nothing."""

from __future__ import annotations

import io
import sys
from typing import Any

import gymnasium as gym
import pytest
from count_env import CountEnv
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from t2po_gym import ENV_IDS, TextEnv
from t2po_gym.core.agent.prompted import PromptedEnv
from t2po_gym.core.many.checker import HOSTILE_ACTIONS, ContractError, check_text_env, random_policy
from t2po_gym.core.rendering import Scene, scene_text, shorten
from t2po_gym.core.snapshot import pack, unpack

RENDER_MODES = (None, "ansi", "human")
SCENE = Scene("mine/A-v0", "win", 2, 9, 0.5, 0.0, "", "go", True, "A page.\nTwo lines.")


@pytest.fixture(params=ENV_IDS)
def env_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def episode(env: gym.Env[str, str], seed: int = 3, look: bool = False) -> list[Any]:
    """One random episode with everything it returned, rendered or not."""
    rows: list[Any] = [env.reset(seed=seed)]
    observation, info = rows[0]
    ended = False
    while not ended:
        if look:
            env.render()
        row = env.step(random_policy(seed)(observation, info))
        observation, info, ended = row[0], row[4], row[2] or row[3]
        rows.append(row)
    return rows


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mode", RENDER_MODES)
def test_gymnasium_checks_every_render_mode(env_id: str, mode: str | None) -> None:
    check_env(gym.make(env_id, render_mode=mode).unwrapped)


def test_rendering_changes_nothing(env_id: str) -> None:
    envs = [gym.make(env_id, render_mode=mode) for mode in RENDER_MODES]
    episodes = [episode(env, look=env.render_mode is not None) for env in envs]
    assert episodes[0] == episodes[1] == episodes[2]
    plain, ansi, human = (env.unwrapped for env in envs)
    assert isinstance(plain, TextEnv)
    assert plain.snapshot() == ansi.snapshot() == human.snapshot()  # type: ignore[attr-defined]


def test_ansi_shows_task_turn_action_progress_and_page(env_id: str) -> None:
    env = gym.make(env_id, render_mode="ansi", max_turns=2)
    assert env.render_mode == "ansi"
    observation, info = env.reset(seed=1)
    text = str(env.render())
    assert text.startswith(f"{env_id} | turn 0 of 2 | progress 0.00 | score 0.00\nTask: ")
    assert "Last action: none yet" in text
    assert text.endswith(observation)
    observation, _, _, _, info = env.step("nonsense")
    text = str(env.render())
    assert f"turn 1 of 2 | progress {info['progress']:.2f}" in text
    assert "Last action: nonsense (not accepted)\n" in text
    assert "ended" not in text
    assert text.endswith(observation)
    env.step("nonsense")
    assert "turn 2 of 2 | progress 0.00 | score 0.00 | ended: no success\n" in str(env.render())


def test_human_prints_after_reset_and_each_step(
    env_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    human, ansi = (gym.make(env_id, render_mode=mode) for mode in ("human", "ansi"))
    for call in (
        lambda env: env.reset(seed=5),
        lambda env: env.step("nonsense"),
        lambda env: env.step("search[café \ud800]"),
    ):
        call(ansi)
        assert capsys.readouterr().out == "", "ansi must not print"
        call(human)
        assert capsys.readouterr().out == f"{ansi.render()}\n\n"
    assert human.render() is None
    assert capsys.readouterr().out == f"{ansi.render()}\n\n"


@pytest.mark.parametrize("mode", ["sync", "async", "vector_entry_point"])
def test_vector_modes_render_tuples_of_text(env_id: str, mode: str) -> None:
    envs = gym.make_vec(env_id, num_envs=2, vectorization_mode=mode, render_mode="ansi")
    singles = [gym.make(env_id, render_mode="ansi") for _ in range(2)]
    try:
        assert envs.render_mode == "ansi"
        assert envs.metadata["render_modes"] == ["ansi", "human"]
        envs.reset(seed=7)
        for i, env in enumerate(singles):
            env.reset(seed=7 + i)
        assert envs.render() == tuple(env.render() for env in singles)
        actions = ("nonsense", "go[\x1b[2J]")
        envs.step(actions)
        for env, action in zip(singles, actions, strict=True):
            env.step(action)
        assert envs.render() == tuple(env.render() for env in singles)
    finally:
        envs.close()


@pytest.mark.parametrize("mode", ["sync", "vector_entry_point"])
def test_vector_modes_print_every_instance(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    envs = gym.make_vec("t2po/ToyKeys-v0", num_envs=2, vectorization_mode=mode, render_mode="human")
    envs.reset(seed=7)
    envs.step(("a", "b"))
    out = capsys.readouterr().out
    assert out.count("turn 0 of 12") == out.count("turn 1 of 12") == 2
    assert envs.render() == (None, None)


def test_without_a_mode_render_warns_and_shows_nothing(
    env_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    env = gym.make(env_id)
    for _ in range(2):  # before and after the reset
        with pytest.warns(UserWarning, match="render_mode='ansi'"):
            assert env.render() is None
        env.reset(seed=0)
    assert capsys.readouterr().out == ""
    batch = gym.make_vec(env_id, num_envs=2)
    batch.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode='ansi'"):
        assert batch.render() == (None, None)


@pytest.mark.parametrize("mode", ["rgb_array", "ANSI", "", 3, True, ["ansi"]])
@pytest.mark.filterwarnings("ignore:.*not in the possible render_modes")
def test_an_unknown_mode_is_refused_in_one_sentence(env_id: str, mode: Any) -> None:
    makers = (gym.spec(env_id).make, lambda **kwargs: gym.make_vec(env_id, 2, **kwargs))
    for make in makers if isinstance(mode, str) else (CountEnv,):
        with pytest.raises(ValueError, match="render_mode must be None, 'ansi' or 'human'; got "):
            make(render_mode=mode)


def test_rendering_before_a_reset_is_refused() -> None:
    for mode in ("ansi", "human"):
        with pytest.raises(ResetNeeded, match=r"call reset\(\) before render\(\)"):
            CountEnv(render_mode=mode).render()


def test_a_snapshot_belongs_to_no_render_mode() -> None:
    envs = [CountEnv(render_mode=mode) for mode in RENDER_MODES]
    for source in envs:
        source.reset(seed=0)
        source.step("up")
        for target in (CountEnv(render_mode="ansi"), envs[1]):
            target.restore(source.snapshot())
            assert "Last action: up\n" in str(target.render())
            assert "turn 1 of 10 | progress 0.25" in str(target.render())


def test_a_snapshot_of_before_there_was_rendering_is_taken_up() -> None:
    source, target = CountEnv(), CountEnv(render_mode="ansi")
    source.reset(seed=0)
    saved = unpack(source.snapshot())
    del saved["last_action"]
    target.restore(pack(saved))
    assert "Last action: none yet\n" in str(target.render())


def test_a_long_action_does_not_weigh_on_the_snapshot() -> None:
    sizes = []
    for length in (300, 100_000):
        env = CountEnv()
        env.reset(seed=0)
        env.step("x" * length)
        sizes.append(len(env.snapshot()))
    assert sizes[0] == sizes[1]


def test_collected_renderings() -> None:
    """Gymnasium makes the mode ``ansi_list`` of ``ansi``: one text for each call."""
    env = gym.make("t2po/ToyKeys-v0", render_mode="ansi_list")
    env.reset(seed=0)
    env.step("a")
    frames: Any = env.render()
    assert ["turn 0" in frames[0], "turn 1" in frames[1], len(frames)] == [True, True, 2]


def test_a_prompted_environment_shows_the_bare_one() -> None:
    env = PromptedEnv(CountEnv(render_mode="ansi"))
    env.reset(seed=0)
    env.step("<think>hm</think><action>up</action>")
    assert "Last action: up\n" in str(env.render())


def test_no_progress_no_limit_and_endings_show() -> None:
    env = CountEnv(progress=False, max_turns=sys.maxsize, render_mode="ansi")
    env.reset(seed=0)
    assert str(env.render()).startswith("CountEnv | turn 0 | score 0.00\n")
    for _ in range(4):
        env.step("up")
    assert "turn 4 | score 1.00 | ended: success\n" in str(env.render())


class Telling(CountEnv):
    def _task_text(self, first_observation: str) -> str:
        return "Count to four."


def test_the_task_text_is_shown_where_there_is_one() -> None:
    env = Telling(render_mode="ansi")
    env.reset(seed=0)
    assert "\nTask: Count to four.\n" in str(env.render())


@pytest.mark.parametrize("action", HOSTILE_ACTIONS)
def test_hostile_actions_leave_a_terminal_alone(action: str) -> None:
    env = CountEnv(render_mode="ansi")
    env.reset(seed=0)
    for text in (action, f"echo[{action[:900]}]"):
        env.step(text)
        shown = str(env.render())
        shown.encode("utf-8")
        assert all(char in "\n\t" or char >= " " for char in shown)
        assert not any("\x7f" <= char <= "\x9f" for char in shown)
        head = shown.split("-" * 60 + "\n", 1)[0]
        assert head.count("\n") == 3, "an action must not add lines of its own"
        assert len(head) < 2_500


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_any_terminal_encoding_can_show_any_text(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    env = CountEnv(render_mode="human")
    env.reset(seed=0)
    env.step("echo[café 搜索 \ud800 😀]")
    assert "caf" in raw.getvalue().decode(encoding)
    monkeypatch.undo()


def test_scene_layout() -> None:
    assert scene_text(SCENE) == (
        "mine/A-v0 | turn 2 of 9 | progress 0.50 | score 0.00\nTask: win\nLast action: go\n"
        + "-" * 60
        + "\nA page.\nTwo lines."
    )
    assert "Last action: (empty)\n" in scene_text(SCENE._replace(action=""))
    assert "Last action: a\\nb\\x1b (not accepted)\n" in scene_text(
        SCENE._replace(action="a\nb\x1b", action_valid=False)
    )


@pytest.mark.parametrize("length", [0, 199, 200, 201, 100_000])
def test_shortened_actions_stay_as_they_are(length: int) -> None:
    once = shorten("x" * length)
    assert len(once) == min(length, 200)
    assert shorten(once) == once


class RendersAndMoves(CountEnv):
    def render(self) -> str | None:
        text = super().render()
        self.count += 1
        return text


class RendersNothing(CountEnv):
    def render(self) -> str | None:
        super().render()
        return None


@pytest.mark.parametrize("broken", [RendersAndMoves, RendersNothing])
def test_the_contract_checker_finds_broken_rendering(broken: type[CountEnv]) -> None:
    with pytest.raises(ContractError, match="render"):
        check_text_env(broken)
