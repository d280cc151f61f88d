"""The command line: subcommands and one-sentence errors."""

import subprocess
import sys
from pathlib import Path

import pytest

from t2po_gym import __version__
from t2po_gym.cli import main as cli
from t2po_gym.cli.data import webshop as cli_data
from t2po_gym.cli.play import command as cli_play
from t2po_gym.cli.settings import parse_setting

MINI = Path(__file__).parents[1] / "data" / "webshop_mini"


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(command in text for command in cli.COMMANDS)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"t2po-gym {__version__}\n"


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


@pytest.mark.parametrize("command", ["play", "watch"])
def test_a_reader_that_has_gone_is_no_error(command: str, tmp_path: Path) -> None:
    """As in ``t2po-gym play ... | head -1``: rich itself would leave with status 1."""
    trace = tmp_path / "a.jsonl"
    play = ["play", "t2po/ToyKeys-v0", "--record", str(trace)]
    words = play if command == "play" else ["watch", str(trace)]
    start = [sys.executable, "-W", "ignore", "-m", "t2po_gym.cli.main"]
    if command == "watch":
        subprocess.run([*start, *play], input=b"look\n", check=True, capture_output=True)
    with subprocess.Popen(
        [*start, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        errors = process.communicate(b"look\nlook\n")[1]
    assert (process.returncode, errors) == (0, b"")
    assert trace.exists() == (command == "watch"), "nothing was played, or it was kept"


def test_the_systems_errors_name_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", "/proc/nowhere"]
    assert cli.main(["eval", "t2po/ToyKeys-v0", "--policy", "random", "--tasks", "1", *out]) == 1
    said = capsys.readouterr().err
    assert said.startswith("t2po-gym: /proc/nowhere: ")
    assert "Errno" not in said


def test_a_missing_extra_of_an_environment_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "t2po_gym.browser.env", None)
    assert cli.main(["play", "t2po/WebShopBrowser-v0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("t2po-gym: cannot make 't2po/WebShopBrowser-v0': ")
    assert "ids:" not in said
