"""Settings that cannot work: one sentence, nothing computed, nothing written."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from baselines.policy.loading import resolve_model
from baselines.presets import PRESETS
from baselines.run.folder import RunFolder
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


def copied(folder: Path, **changes: object) -> str:
    """A built-in model in a folder, with other values in its configuration."""
    shutil.copytree(resolve_model(COLD_START), folder)
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return str(folder)


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (["--prompt.template", "nope"], "The prompt template 'nope' cannot be loaded"),
        (["--prompt.parser", "no.such:parser"], "No module named 'no'"),
        (["--prompt.max-tokens", "3"], "with --prompt.max-tokens 3: without any page"),
        (["--model", COLD_START, "--prompt.max-tokens", "3"], "with --prompt.max-tokens 3"),
        (["--policy.device", "banana"], "There is no device 'banana'"),
        (["--run.root", "/dev/null/x"], "for /dev/null is no folder"),
        (["--eval.split", "nowhere"], "--eval.split 'nowhere'"),
        (["--cold-start.lr", "0"], "cold_start.lr is 0, which cannot move"),
        (["--rollout.max-reply-tokens", "20"], "the limit could never fire. Lower max_tokens"),
        (["--policy.layers", "1"], "a copying circuit needs 2 layers"),
        (["--env", "t2po/Nope-v0"], "There is no environment t2po/Nope-v0"),
        (["--env", "no_such_module:mine/A-v0"], "There is no environment no_such_module"),
    ],
)
def test_a_plan_refuses_what_a_run_refuses(
    wrong: list[str],
    named: str,
    dry: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    flags = ["--preset", "toy", "--run.root", str(tmp_path / "runs"), *wrong]
    assert main([*flags, "--dry-run"] if dry else flags) == 2
    said = " ".join(capsys.readouterr().out.split())
    assert named in said
    assert ".." not in said
    assert not (tmp_path / "runs").exists()


def test_a_text_that_closes_no_thought_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--preset", "toy", "--thinking.queue", "nonsense", "--dry-run"])
    assert caught.value.code == 2
    assert "queue is 'nonsense'" in capsys.readouterr().err


def test_a_model_without_weights_is_refused_by_a_run_and_planned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = copied(tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").unlink()
    flags = ["--preset", "toy", "--model", model, "--run.root", str(tmp_path / "runs")]
    assert main(flags) == 2
    assert "so that the model has no weights" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "runs").exists()
    assert main([*flags, "--dry-run"]) == 0


def test_weights_that_do_not_fit_their_configuration_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are met by loading; the folder of the run is not in the way afterwards."""
    runs = tmp_path / "runs"
    model = copied(tmp_path / "model", intermediate_size=77)
    flags = ["--preset", "toy", "--run.root", str(runs), "--run.name", "mine", *SHORT]
    assert main([*flags, "--model", model]) == 2
    assert "cannot be loaded" in " ".join(capsys.readouterr().out.split())
    assert not (runs / "mine").exists()
    assert main([*flags, "--model", COLD_START]) == 0
    assert main([*flags, "--model", COLD_START]) == 2, "now there is a run"


SHORT = [
    *("--run.steps", "0", "--eval.tasks", "1", "--calibration.tasks", "1"),
    *("--calibration.group", "1", "--run.tensorboard", "False"),
]


def test_a_run_that_fails_before_it_begins_leaves_other_files_alone(tmp_path: Path) -> None:
    """No episode of the expert is that good, which only playing them shows."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    flags = ["--preset", "toy", "--run.root", str(tmp_path), "--run.name", "mine", *SHORT]
    fast = ["--cold-start.episodes", "4", "--policy.hidden-size", "64"]
    assert main([*flags, *fast, "--cold-start.min-score", "2"]) == 2
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_what_has_a_checkpoint_is_never_taken_back(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "mine")
    folder.write_config(PRESETS["toy"]())
    (folder.checkpoints / "step-000000").mkdir()
    folder.forget()
    assert folder.started
    (folder.checkpoints / "step-000000").rmdir()
    (folder.path / "engine.log").touch()
    folder.forget()
    assert not folder.started
    assert [path.name for path in folder.path.iterdir()] == ["engine.log"]


def test_a_plan_of_a_broken_saved_run_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text('{"optim": {"epochs": 0}}')
    with pytest.raises(SystemExit) as caught:
        main(["--resume", str(tmp_path)])
    assert caught.value.code == 2
    assert "holds no settings of a run: optim: epochs is 0" in capsys.readouterr().err
