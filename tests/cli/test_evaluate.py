"""`t2po-gym eval` from the outside."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from t2po_gym.cli.main import main

TOY = "t2po/ToyKeys-v0"

WITH_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="needs the extra train")


def test_a_run_and_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["eval", TOY, "--policy", "expert", "--tasks", "6", "--out", str(tmp_path / "run")]
    assert main([*words, "--trials", "2", "--set", "max_turns=9"]) == 0
    said = capsys.readouterr().out
    assert "100.0 % (100-100)" in said
    assert "pass^2: 1.000" in said
    assert "12 episodes in" in said
    assert "tokens" not in said, "this policy counts none"


def test_a_policy_of_this_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = "<think></think><action>wait</action>"
    (tmp_path / "agents_of_mine.py").write_text(
        f"def make():\n    return lambda prompt: {reply!r}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place])
    words = ["eval", TOY, "--policy", "agents_of_mine:make", "--tasks", "2", "--out", "run"]
    assert main(words) == 0
    assert "0.0 % (0-0)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Name who plays"),
        (["--policy", "random", "--endpoint", "http://x"], "Name who plays"),
        (["--endpoint", "http://127.0.0.1:1"], "needs the name of its model"),
        (["--endpoint", "http://x", "--model", "m", "--thinking"], "needs a model on this machine"),
        (["--endpoint", "http://x", "--model", "m", "--chat-template", "plain"], "of its own"),
        pytest.param(
            ["--model", "m", "--chat-template-kwargs", "[1]"],
            "takes a JSON object such as '{",
            marks=WITH_TORCH,
        ),
        pytest.param(
            ["--model", "m", "--chat-template-kwargs", "{"],
            "takes a JSON object such as '{",
            marks=WITH_TORCH,
        ),
        (["--endpoint", "file:///x", "--model", "m"], "must be http"),
        (["--policy", "best"], "There is no policy 'best'"),
        (["--policy", "random", "--tasks", "-1"], "--tasks must be at least 0"),
        (["--policy", "random", "--trials", "0"], "--trials must be at least 1"),
        (["--policy", "random", "--set", "colour=red"], f"{TOY} knows no 'colour'; it has "),
        (["--policy", "random", "--track", "webshop-generated"], "A track names its environment"),
        (["--policy", "random", "--split", "dev", "--set", "split=dev"], "say the same"),
        (["--policy", "random", "--template", "x:y"], "prompt template 'x:y' cannot be loaded"),
    ],
)
def test_bad_words_are_one_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", TOY, "--out", str(tmp_path / "run"), *words]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_a_file_is_no_folder_for_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(["eval", TOY, "--policy", "random", "--out", str(tmp_path / "file")]) == 1
    assert "file is a file; name a folder to keep the run in." in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_words_are_not_completed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--policy", "random", "--task", "3", "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit):
        main(["eval", TOY, *words])
    assert "unrecognized arguments: --task 3" in capsys.readouterr().err


def test_cost_by_hand() -> None:
    from t2po_gym.cli.tables import cost
    from t2po_gym.evaluation.records import EpisodeRecord, TurnRecord

    hash_ = "0" * 64
    common = {"reply": "", "action": "", "format_ok": True, "action_valid": True, "reward": 0.0}
    common |= {"score": 0.0, "progress": 0.0, "observation_hash": hash_}
    turns = (
        TurnRecord(**common, prompt_tokens=1_000, reply_tokens=100, rejected_tokens=50),
        TurnRecord(**common),
    )
    end = {"terminated": True, "truncated": False, "score": 0.0, "success": False}
    episode = EpisodeRecord(
        task_id="",
        task_type="",
        trial=0,
        seed=0,
        first_hash=hash_,
        prompts_hash=hash_,
        turns=turns,
        **end,
    )
    assert cost([episode], 2.0, 10.0) == (
        "Cost: 0.0035 for 1,000 prompt and 150 reply tokens; 1 of 2 turns came without counts."
    )


def test_episodes_without_an_end_are_not_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The original WebShop has no turn limit: a policy that never buys would play for ever."""
    words = ["eval", "t2po/ToyKeys-v0", "--policy", "random", "--set", "max_turns=1001"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 1
    assert "at most 1,000 turns here; set max_turns" in capsys.readouterr().err
