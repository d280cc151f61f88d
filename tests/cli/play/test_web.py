"""`t2po-gym play --web`: an episode behind an address, played by requests, recorded at the end."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from t2po_gym import read_traces, replay
from t2po_gym.cli import main as cli

httpx = pytest.importorskip("httpx")
pytest.importorskip("starlette")
pytestmark = pytest.mark.usefixtures("own_cache")

SHOP = ("t2po/WebShop-v0", "--set", "catalogue=generated:60")
HOUSE = ("t2po/ALFWorld-v0", "--split", "dev", "--task-index", "3")


@contextmanager
def served(*words: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the command; yield the episode's address and the process."""
    command = [sys.executable, "-m", "t2po_gym.cli.main", "play", "--web", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Play at http://127.0.0.1:"), line + process.stdout.read()
            yield line.removeprefix("Play at ").strip(), process
        finally:
            process.kill()


def press(client: "httpx.Client", url: str, **fields: str) -> str:
    """Send a form of the current page and return the page that follows."""
    found = re.search(r'data-page="(\w+)"', client.get(url).text)
    assert found is not None
    answer = client.post(f"{url}act", data={"page": found[1], **fields}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


@pytest.mark.parametrize(
    ("words", "folder", "fields", "action", "seen"),
    [
        (SHOP, "shop", {"action": "search", "query": "lamp"}, "search[lamp]", "Total results"),
        (HOUSE, "play", {"say": "inventory"}, "inventory", "You are not carrying anything"),
    ],
    ids=["shop", "house"],
)
def test_an_episode_in_the_browser(
    words: tuple[str, ...],
    folder: str,
    fields: dict[str, str],
    action: str,
    seen: str,
    tmp_path: Path,
) -> None:
    path = tmp_path / "play.jsonl.gz"
    with served(*words, "--record", str(path)) as (url, process), httpx.Client() as client:
        assert f"/{folder}/" in url
        assert seen in press(client, url, **fields)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        rest = process.stdout.read()
        assert process.wait() == 0, rest
    assert "Left after 1 turn:" in rest
    assert "Recorded in" in rest
    assert "Traceback" not in rest
    (trace,) = read_traces(path)
    assert trace.actions == (action,)
    assert replay(trace) == trace


@pytest.mark.parametrize("flag", [["--port", "0"], ["--open"]])
def test_flags_of_the_page_need_the_page(
    flag: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["play", "t2po/ToyKeys-v0", *flag]) == 1
    assert capsys.readouterr().err == "t2po-gym: --port and --open belong to --web.\n"


def test_a_missing_extra_is_named() -> None:
    played = "from t2po_gym.cli.main import main; raise SystemExit(main(sys.argv[1:]))"
    hidden = f"import sys; sys.modules['starlette.applications'] = None; {played}"
    command = [sys.executable, "-c", hidden, "play", "t2po/ToyKeys-v0", "--web"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 1
    assert "t2po-gym[serve]" in run.stderr
    assert run.stderr.count("\n") == 1
