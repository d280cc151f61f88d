"""Settings that cannot work: one sentence, nothing computed, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines.t2po_train import main

COLD_START = "builtin:webshop-cold-start"
CASES = [
    (["--env", "t2po/Nothing-v0"], "Nothing"),
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
