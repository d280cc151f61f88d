"""The guard: a small process that starts chromedriver and leaves nothing behind.

A Python process that is killed with ``kill -9`` cannot clean up after itself, and Chromium would
live on without it. So chromedriver is the child of this guard, which is the child of Python. The
guard's standard input is a pipe whose other end only Python holds: when Python closes it or dies,
the guard kills every process below itself, deletes the folder of profiles, and ends.

Some of Chromium's processes leave their parent and their process group. The guard is a subreaper
(Linux): orphans below it become its own children instead of those of process 1, so that going
through the children of children finds all of them.

Run as a script with the standard library alone, so that it starts at once:

    python guard.py /usr/bin/chromedriver

It writes one line of JSON: ``{"port": 40123, "folder": "/tmp/t2po-gym-browser-abc"}``, or
``{"error": "..."}``.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PREFIX = "t2po-gym-browser-"
"""How the folder's name begins."""

PATIENCE_S = 8.0
"""How long the guard tries to kill what it guards."""

START_S = 30.0
"""How long chromedriver may take to start."""

STARTED = re.compile(rb"started successfully on port (\d+)")
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process; see the manual page of the same name."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}) failed")


def processes() -> dict[int, tuple[int, str]]:
    """Return parent and state of every process, as the system's table has them."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                # "pid (name) state parent ...": the name may hold spaces and brackets.
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                found[int(entry.name)] = (int(fields[1]), fields[0])
    return found


def descendants(ancestor: int) -> list[int]:
    """Return the processes below one, children before their own children."""
    children: dict[int, list[int]] = {}
    for process, (parent, _) in processes().items():
        children.setdefault(parent, []).append(process)
    found = list(children.get(ancestor, ()))
    for process in found:  # grows while it is read
        found += children.get(process, ())
    return found


def browser_has_ended(driver: int) -> bool:
    """Return whether chromedriver's browser is dead: it takes a minute itself to notice."""
    states = [state for parent, state in processes().values() if parent == driver]
    return bool(states) and set(states) <= {"Z", "X"}


def reap() -> set[int]:
    """Collect the children that have ended, adopted ones too, and return their numbers."""
    ended = set()
    with suppress(ChildProcessError):  # no child is left
        while process := os.waitpid(-1, os.WNOHANG)[0]:
            ended.add(process)
    return ended


def kill_all_below() -> None:
    """Kill every descendant, until there is none or patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while (below := descendants(os.getpid())) and time.monotonic() < deadline:
        for process in below:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        reap()
        time.sleep(0.01)


def browsers_in(folder: Path) -> list[int]:
    """Return the processes that were told to keep their profile in a folder."""
    name, found = b"--user-data-dir=" + os.fsencode(folder), []
    for process in processes():
        with suppress(OSError):  # it has ended meanwhile
            if name in Path(f"/proc/{process}/cmdline").read_bytes():
                found.append(process)
    return found


def clear(folder: Path) -> None:
    """Delete the folder of a guard that was killed, and end the browser that still writes there.

    chromedriver dies with its guard, and Chromium soon after; this waits for the end.
    """
    deadline = time.monotonic() + PATIENCE_S
    while folder.exists() and time.monotonic() < deadline:
        for process in browsers_in(folder):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        if not browsers_in(folder):
            shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.01)


def start(chromedriver: str, folder: str) -> subprocess.Popen[bytes]:
    """Start chromedriver on a port of its own choice; all that it writes lands in the folder."""
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), folder)
    return subprocess.Popen(
        [chromedriver, "--port=0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **places},
        # Should the guard itself be killed, chromedriver dies with it, and Chromium, whose pipe
        # to chromedriver then ends, with chromedriver.
        preexec_fn=lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
    )


def readable(files: list[int], timeout_s: float) -> list[int]:
    """Return the files that have something to read, or whose other end is closed."""
    return select.select(files, [], [], timeout_s)[0]


def port_of(output: int, lifeline: int) -> int | None:
    """Wait until chromedriver names its port; None if it ends, hangs, or is no longer wanted."""
    said, deadline = b"", time.monotonic() + START_S
    while (left := deadline - time.monotonic()) > 0:
        ready = readable([output, lifeline], left)
        if lifeline in ready:
            return None
        if output in ready:
            more = os.read(output, 65_536)
            said += more
            if match := STARTED.search(said):
                return int(match[1])
            if not more:
                return None
    return None


def watch(driver: int, output: int, lifeline: int) -> None:
    """Wait until Python lets go of the lifeline, or chromedriver or its browser ends."""
    files = [output, lifeline]
    while driver not in reap() and not browser_has_ended(driver):
        for file in readable(files, 1.0):
            if file == lifeline:
                return
            if not os.read(output, 65_536):  # read, or chromedriver would wait for a reader
                files = [lifeline]


def say(**line: object) -> None:
    """Write the line that Python reads."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Start chromedriver, wait for the end, clean up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for Python, which then lets go
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    lifeline = sys.stdin.fileno()
    folder = tempfile.mkdtemp(prefix=PREFIX)
    try:
        driver = start(sys.argv[1], folder)
        assert driver.stdout is not None
        output = driver.stdout.fileno()
        port = port_of(output, lifeline)
        if port is None:
            say(error=f"{sys.argv[1]} did not start")
        else:
            say(port=port, folder=folder)
            watch(driver.pid, output, lifeline)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # cleaning up is not interrupted
        kill_all_below()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
