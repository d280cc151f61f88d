"""The command line: subcommands, one-sentence errors, play from a pipe."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from t2po_gym.cli import main as cli
from t2po_gym.cli import play as cli_play
from t2po_gym.cli.data import webshop as cli_data
from t2po_gym.cli.settings import parse_setting

MINI = Path(__file__).parents[1] / "data" / "webshop_mini"


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(command in text for command in cli.COMMANDS)


def test_help_imports_no_subcommand() -> None:
    code = (
        "import sys\n"
        "from t2po_gym.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'rich', 't2po_gym.cli.data.webshop', 't2po_gym.envs.webshop'}\n"
        "assert not heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("arguments", [[], ["nope"], ["data"], ["data", "chess"], ["play"]])
def test_wrong_usage_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_data_webshop_says_where_files_come_from_and_compiles(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["data", "webshop"]) == 0
    text = capsys.readouterr().out
    for words in ("princeton-nlp/WebShop", "MIT", "items_human_ins.json", "5.2 GB", "NeurIPS"):
        assert words in text
    assert "1,000" in text
    assert "fingerprint" in text
    assert "peak memory" in text


def test_data_webshop_compiles_original_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "webshop", str(MINI), "--verify"]) == 0
    text = capsys.readouterr().out
    assert "78 products have no title nouns" in text
    assert "items_ins_v2.json" in text


def test_data_webshop_invents(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["data", "webshop", "--size", "120", "--profile", "compact", "--seed", "3"]
    assert cli.main(command) == 0
    assert "compact, 120 products, seed 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/no/such/place"], "neither a file nor a folder"),
        (["--size", "0"], "1 to 1200000"),
        (["somewhere", "--size", "5"], "not both"),
        ([str(MINI), "--nouns", "/no/such/file"], "noun file"),
        (["--nouns", str(MINI)], "a noun file goes with original data"),
    ],
)
def test_data_errors_are_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["data", "webshop", *arguments]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("t2po-gym: ")
    assert words in error


@pytest.mark.parametrize(
    ("arguments", "environment", "text"),
    [
        ([], None, "default"),
        ([], "/data", "original"),
        (["--profile", "standard"], "/data", "generated:1000:0"),
        (["--profile", "compact"], None, "compact:3000:0"),
        (["--seed", "4"], None, "generated:1000:4"),
        (["there"], "/data", "there"),
    ],
)
def test_which_catalogue_is_meant(
    arguments: list[str],
    environment: str | None,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if environment:
        monkeypatch.setenv("T2PO_GYM_DATA", environment)
    parsed = cli.make_parser("data").parse_args(["data", "webshop", *arguments])
    assert cli_data.catalogue_text(parsed) == text


def test_play_from_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "jump", "quit", "never read")
    assert cli.main(["play", "t2po/ToyKeys-v0", "--seed", "3"]) == 0
    text = capsys.readouterr().out
    assert "task toykeys:" in text
    assert "> jump" in text
    assert "that did nothing" in text
    assert "left after 1 turns" in text
    assert "never read" not in text


def test_play_ends_with_the_input_and_with_the_episode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch)
    assert cli.main(["play", "t2po/ToyKeys-v0"]) == 0
    assert "left after 0 turns" in capsys.readouterr().out
    typed(monkeypatch, "a", "b", "c")
    assert cli.main(["play", "t2po/ToyKeys-v0", "--set", "max_turns=2"]) == 0
    assert "ended after 2 turns" in capsys.readouterr().out


def test_play_a_chosen_task(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch)
    assert cli.main(["play", "t2po/ToyKeys-v0", "--task-index", "2", "--set", "split=dev"]) == 0
    task = capsys.readouterr().out.splitlines()[0].removeprefix("task ")
    typed(monkeypatch)
    assert cli.main(["play", "t2po/ToyKeys-v0", "--task-id", task, "--set", "split=dev"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"task {task}"


def test_play_the_shop(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed(monkeypatch, "search[lamp]", "click[next >]", "\ud800", "exit")
    shop = ["play", "t2po/WebShop-v0", "--set", "catalogue=generated:60", "--set", "split=test"]
    assert cli.main(shop) == 0
    text = capsys.readouterr().out
    assert "Page 1 (Total results:" in text
    assert "left after 3 turns" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no/Such-v0"], "cannot make 'no/Such-v0'"),
        (["t2po/ToyKeys-v0", "--set", "colour=red"], "colour"),
        (["t2po/ToyKeys-v0", "--set", "red"], "NAME=VALUE"),
        (["t2po/ToyKeys-v0", "--set", "split=nope"], "split must be one of"),
        (["t2po/ToyKeys-v0", "--task-id", "nope"], "nope"),
        (["t2po/ToyKeys-v0", "--seed", "-1"], "-1"),
        (["CartPole-v1"], "no text environment"),
    ],
)
def test_play_errors_are_one_sentence(
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed(monkeypatch)
    assert cli.main(["play", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("t2po-gym: ")
    assert words in error
    assert error.count("\n") == 1


def test_settings_are_json_or_text() -> None:
    assert parse_setting("a=1") == ("a", 1)
    assert parse_setting("a=true") == ("a", True)
    assert parse_setting("a=b=c") == ("a", "b=c")
    assert parse_setting("a=") == ("a", "")
    assert parse_setting("a=(1, 2)") == ("a", (1, 2))
    assert parse_setting("a=None") == ("a", None)


def test_interrupts_and_closed_pipes_end_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_play, "run", interrupt)
    assert cli.main(["play", "t2po/ToyKeys-v0"]) == 130
    assert "interrupted" in capsys.readouterr().err
    command = f"{sys.executable} -m t2po_gym.cli.main data webshop | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr
