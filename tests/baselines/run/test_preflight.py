"""Settings that cannot work: one sentence, nothing computed, nothing written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from baselines.t2po_train import main

COLD_START = "builtin:webshop-cold-start"
CASES = [
    (["--env", "t2po/Nothing-v0"], "Nothing"),
    (["--env", "nothing_at_all:mine/Maze-v0"], "nothing_at_all"),
    (["--env-kwargs", '{"bogus": 1}'], "bogus"),
    (["--train-split", "nowhere"], "nowhere"),
    (["--model", "./nowhere"], "no folder './nowhere'"),
    (["--model", "builtin:nothing"], "known: "),
    (["--cold-start.when", "never"], "no policy to start from"),
    (
        ["--prompt.max-tokens", "2020"],
        "reply of 40 are longer than the 2048 tokens that a new policy",
    ),
    (["--model", COLD_START, "--rollout.max-reply-tokens", "2000"], "lower --prompt.max-tokens or"),
    (["--model", COLD_START, "--prompt.chat-template-kwargs", '{"a": 1}'], "reads no a, so that"),
]


@pytest.mark.parametrize(("wrong", "named"), CASES)
def test_wrong_settings_are_one_sentence(
    wrong: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--preset", "toy", "--run.root", str(tmp_path / "runs"), *wrong]) == 2
    printed = capsys.readouterr()
    said = " ".join((printed.out + printed.err).split())
    assert named in said
    assert "Traceback" not in said
    assert not (tmp_path / "runs").exists()


GAME = """
import gymnasium as gym
from t2po_gym.envs.toy import ToyKeysEnv

gym.register("mine/Game-v0", entry_point=ToyKeysEnv)
"""


def test_an_environment_of_the_current_folder_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trainer is run as a script, whose own folder is all that Python looks in."""
    (tmp_path / "game_of_a_reader.py").write_text(GAME, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    env = ["--preset", "toy", "--env", "game_of_a_reader:mine/Game-v0"]
    assert main([*env, "--env-kwargs", '{"bogus": 1}']) == 2  # found, and it refuses the argument
    assert "bogus" in capsys.readouterr().out
