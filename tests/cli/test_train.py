"""`t2po-gym train`: a trainer's own command line behind one word."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from t2po_gym.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
WITH_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="needs the extra train")


@WITH_TORCH
@pytest.mark.parametrize("algorithm", ["t2po", "gigpo", "grpo", "ppo"])
def test_every_flag_reaches_the_trainer(
    algorithm: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of a run is the script's, to the letter."""
    monkeypatch.setenv("COLUMNS", "100")
    flags = ["--preset", "toy", "--rollout.group", "6", "--dry-run", "--memory", "4"]
    assert main(["train", algorithm, *flags]) == 0
    script = ROOT / "baselines" / f"{algorithm}_train.py"
    run = subprocess.run(
        [sys.executable, str(script), *flags], capture_output=True, text=True, check=True
    )
    assert capsys.readouterr().out == run.stdout
    assert run.stdout != ""


@WITH_TORCH
def test_help_behind_an_algorithm_is_the_trainer_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", "grpo", "--help"])
    assert caught.value.code == 0
    assert "--rollout.group" in capsys.readouterr().out


def test_help_before_it_is_the_command_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", "--help"])
    assert caught.value.code == 0
    assert "{t2po,gigpo,grpo,ppo}" in capsys.readouterr().out


def test_an_algorithm_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", "reinforce"])
    assert caught.value.code == 2
    assert "invalid choice: 'reinforce'" in capsys.readouterr().err


def test_only_the_algorithm_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train"])
    assert capsys.readouterr().err.endswith("arguments are required: algorithm\n")


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("baselines.policy.merge", "This needs the extra `train`: "),
        ("baselines.cold_start.make", "This needs the extra `train`: "),
        ("baselines.adapters.verl.recipe.prepare", "The recipe needs the extra `verl`: "),
    ],
)
def test_a_program_beside_the_trainers_names_its_extra(module: str, said: str) -> None:
    code = f"import sys, runpy; sys.modules['torch'] = None; runpy.run_module({module!r})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith(said)
    assert run.stderr.count("\n") == 1


def test_a_missing_extra_is_one_sentence() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from t2po_gym.cli.main import main\nmain(['train', 't2po'])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("Training needs the extra `train`")
    assert run.stderr.count("\n") == 1


@WITH_TORCH
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--algorithm", "t2po"], "verl plays no calibration rollout: give thinking.epsilon"),
        (["--preset", "nope"], "There is no preset 'nope'; take one of webshop-llm, "),
    ],
)
def test_a_wrong_recipe_is_one_sentence_and_writes_nothing(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from baselines.adapters.verl.recipe import prepare

    monkeypatch.setattr(sys, "argv", ["prepare", str(tmp_path / "recipe"), *words])
    with pytest.raises(SystemExit) as ended:
        prepare.main()
    assert said in str(ended.value)
    assert "\n" not in str(ended.value)
    assert not (tmp_path / "recipe").exists()
