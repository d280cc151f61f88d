"""The guard, with a stand-in for chromedriver that does what Chromium does worst.

Its processes leave their session, ignore signals and lose their parents.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from t2po_gym.browser import guard

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the guard needs Linux")

DRIVER = f"""#!{sys.executable}
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for depth in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)  # the child below loses its parent
        time.sleep(600)
browser = os.fork()
if browser == 0:
    time.sleep(600)
open(os.path.join(os.environ["TMPDIR"], "started"), "w").close()
print("ChromeDriver was started successfully on port 4567.", flush=True)
sys.stdout.write("x" * 300_000)  # more than a pipe holds
sys.stdout.flush()
time.sleep(600)
"""


def start(script: str, folder: Path) -> subprocess.Popen[bytes]:
    driver = folder / "chromedriver"
    driver.write_text(script, encoding="utf-8")
    driver.chmod(0o755)
    command = [sys.executable, "-I", guard.__file__, str(driver)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )


def answer_of(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def living(processes: list[int]) -> list[int]:
    return [process for process in processes if Path(f"/proc/{process}").exists()]


def letting_go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()


def asking_to_end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


def killing_the_driver(process: subprocess.Popen[bytes]) -> None:
    below = {p: Path(f"/proc/{p}/cmdline").read_bytes() for p in guard.descendants(process.pid)}
    for driver in [p for p, command in below.items() if b"chromedriver" in command]:
        os.kill(driver, signal.SIGKILL)  # at this the guard ends the others


def killing_the_browser(process: subprocess.Popen[bytes]) -> None:
    """Kill the one child that the driver still has."""
    (driver,) = [
        p
        for p, (parent, _) in guard.processes().items()
        if parent == process.pid and guard.browser_has_ended(p) is False and has_children(p)
    ]
    for child, (parent, state) in guard.processes().items():
        if parent == driver and state != "Z":
            os.kill(child, signal.SIGKILL)


def has_children(process: int) -> bool:
    return any(parent == process for parent, _ in guard.processes().values())


ENDS = (letting_go, asking_to_end, killing_the_driver, killing_the_browser)


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_left(end: Any, tmp_path: Path) -> None:
    process = start(DRIVER, tmp_path)
    answer = answer_of(process)
    folder = Path(answer["folder"])
    assert answer["port"] == 4567
    assert folder.parent == tmp_path
    assert (folder / "started").exists(), "what chromedriver writes must land in the folder"
    deadline = time.monotonic() + 5
    while len(below := guard.descendants(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(below) >= 3, "the orphans must have come to the guard"
    end(process)
    assert process.wait(10) == 0
    assert living(below) == []
    assert not folder.exists()


def test_an_interrupt_is_for_others(tmp_path: Path) -> None:
    process = start(DRIVER, tmp_path)
    answer_of(process)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    letting_go(process)
    assert process.wait(10) == 0


def test_a_driver_that_does_not_start_is_named(tmp_path: Path) -> None:
    process = start("#!/bin/sh\nexit 3\n", tmp_path)
    assert answer_of(process) == {"error": f"{tmp_path / 'chromedriver'} did not start"}
    assert process.wait(10) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["chromedriver"]


def test_letting_go_before_the_driver_has_started(tmp_path: Path) -> None:
    process = start("#!/bin/sh\nsleep 600\n", tmp_path)
    letting_go(process)
    assert process.wait(10) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["chromedriver"]


WRITER = """
mkdir -p "$0"; echo ready
while :; do mkdir -p "$0/profile"; touch "$0/profile/$RANDOM"; sleep 0.001; done
"""


def test_the_folder_of_a_killed_guard_is_cleared(tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    told = f"--user-data-dir={folder / 'profile'}"
    command = ["sh", "-c", WRITER, str(folder), told]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as browser:
        assert browser.stdout is not None
        assert browser.stdout.readline() == b"ready\n"
        guard.clear(folder)
        assert browser.wait(10) == -signal.SIGKILL, "it would write the folder again"
    assert not folder.exists()
    guard.clear(folder)


def test_descendants_come_parents_first() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & wait"]) as shell:
        deadline = time.monotonic() + 5
        while len(guard.descendants(shell.pid)) < 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        found = guard.descendants(os.getpid())
        child = guard.descendants(shell.pid)[0]
        assert found.index(shell.pid) < found.index(child)
        os.kill(child, signal.SIGKILL)
