"""Browsers begin and end as they should: shared, alone, dead, forked, killed with their owner."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from gymnasium.error import ResetNeeded
from webshop_envs import make as make_plain

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ACTION = "search[blue mug]"

PLAY = """
import os, sys, time
import gymnasium as gym
import t2po_gym
envs = [gym.make("t2po/WebShopBrowser-v0", browser=name) for name in ("shared", "shared", "own")]
for env in envs:
    env.reset(seed=0)
    env.step("search[mug]")
if "fork" in sys.argv and os.fork() == 0:
    time.sleep(60)  # a child that outlives its parent must not keep the browsers alive
    os._exit(0)
print("ready", flush=True)
if "return" not in sys.argv:
    time.sleep(600)
"""


def below(process: int) -> list[psutil.Process]:
    return [p for p in psutil.Process(process).children(recursive=True) if p.is_running()]


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the browsers write into a folder of the test's own.

    Its path is short, unlike ``tmp_path``: the path of a socket must be.
    """
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield


def folders() -> set[str]:
    return set(os.listdir(os.environ["TMPDIR"]))


def ports() -> set[int]:
    found = psutil.Process().net_connections("inet")
    return {c.laddr.port for c in found if c.status == psutil.CONN_LISTEN}


@contextmanager
def nothing_left() -> Iterator[None]:
    """Check that no process, port, thread or folder is left behind."""
    before = (folders(), ports(), len(below(os.getpid())), set(threading.enumerate()))
    yield
    gc.collect()
    assert (folders(), ports(), len(below(os.getpid())), set(threading.enumerate())) == before


def chromiums(env: Any) -> set[Any]:
    return {env._window._loan.browser}


def play(env: Any) -> str:
    env.reset(seed=0)
    return str(env.step(ACTION)[4]["observation_hash"])


@pytest.fixture(scope="module")
def expected() -> str:
    return play(make_plain())


def test_environments_share_a_browser_and_leave_nothing(make: Any, expected: str) -> None:
    with nothing_left():
        envs = [make() for _ in range(20)]
        assert [env.reset(seed=0)[1]["turn"] for env in envs] == [0] * 20
        assert len(set().union(*map(chromiums, envs))) == 1
        assert [env.step(ACTION)[4]["observation_hash"] for env in envs] == [expected] * 20
        for env in envs:
            env.close()
            env.close()


def test_the_last_one_of_a_browser_ends_it(make: Any, expected: str) -> None:
    first, second, own = make(), make(), make(browser="own")
    with nothing_left():
        for env in (first, second, own):
            env.reset(seed=0)
        assert chromiums(first) == chromiums(second) != chromiums(own)
        own.close()
        first.close()
        assert second.step(ACTION)[4]["observation_hash"] == expected
        assert play(first) == expected, "a closed environment opens a page again"
        first.close()
        second.close()


def test_a_forgotten_environment_gives_its_page_back(chromium_there: None) -> None:
    import gymnasium as gym

    with nothing_left():
        env = gym.make("t2po/WebShopBrowser-v0")
        env.reset(seed=0)
        del env
        gc.collect()


def test_an_exception_on_the_way_leaves_nothing(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from t2po_gym.browser import lending

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no such luck")

    with nothing_left(), monkeypatch.context() as patched:
        patched.setattr(lending, "Tab", fail)
        with pytest.raises(OSError, match="no such luck"):
            make().reset(seed=0)


def test_environments_play_from_several_threads(make: Any, expected: str) -> None:
    envs = [make() for _ in range(3)]
    hashes: list[str] = []
    threads = [threading.Thread(target=lambda env=env: hashes.append(play(env))) for env in envs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert hashes == [expected] * 3


@pytest.mark.parametrize("name", ["chromedriver", "chromium"])
def test_a_dead_browser_is_told_in_one_sentence(make: Any, name: str, expected: str) -> None:
    with nothing_left():
        env, other = make(), make(browser="own")
        assert play(other) == expected
        env.reset(seed=0)
        guard = env._window._loan.browser._guard.pid
        victim = next(p for p in below(guard) if p.name() == name)
        victim.send_signal(signal.SIGKILL)
        with pytest.raises(Exception, match=r"The browser has ended.*reset\(\) starts a new one"):
            env.step(ACTION)
        assert play(env) == expected, "reset starts a new browser"
        assert play(other) == expected, "another browser is not touched"
        env.close()
        other.close()


def test_a_killed_guard_leaves_no_folder(make: Any, expected: str) -> None:
    with nothing_left():
        env = make()
        assert play(env) == expected
        env._window._loan.browser._guard.kill()
        assert play(env) == expected, "reset starts a new browser"
        assert len(folders()) == 1
        env._window._loan.browser._guard.kill()
        env.close()


def test_a_closed_environment_wants_a_reset(make: Any, expected: str) -> None:
    with nothing_left():
        env = make(observation_mode="html", render_mode="rgb_array")
        env.reset(seed=0)
        saved = env.snapshot()
        env.close()
        for use in (lambda: env.step(ACTION), lambda: env.step("nonsense"), env.render):
            with pytest.raises(ResetNeeded, match=r"closed; reset\(\) opens its page again"):
                use()
        assert env.restore(saved)[1]["turn"] == 0
        assert env.step(ACTION)[4]["action_valid"]
        env.close()


def test_one_environment_is_for_one_thread(make: Any, expected: str) -> None:
    from t2po_gym.browser.chromium import BrowserError

    env, begun, go_on = make(), threading.Event(), threading.Event()
    env.reset(seed=0)
    arrive, hashes = env._window._arrive, []

    def slowly(awaited: Any) -> Any:
        begun.set()
        assert go_on.wait(30)
        return arrive(awaited)

    env._window._arrive = slowly
    first = threading.Thread(target=lambda: hashes.append(env.step(ACTION)[4]["observation_hash"]))
    closing = threading.Thread(target=env.close)
    first.start()
    assert begun.wait(30)
    for use in (env.reset, lambda: env.step(ACTION)):
        with pytest.raises(BrowserError, match="Another thread is using this environment"):
            use()
    closing.start()
    go_on.set()
    first.join(60)
    closing.join(60)
    assert hashes == [expected], "neither another thread nor close() disturbs a step"
    assert env._window.closed


def test_another_button_than_the_one_named_is_told(
    make: Any, expected: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from t2po_gym.browser.chromium import BrowserError
    from t2po_gym.browser.tab import Tab

    env = make()
    env.reset(seed=0)
    env.step(ACTION)
    press = Tab.press
    with monkeypatch.context() as patched:
        patched.setattr(Tab, "press", lambda tab, action: press(tab, "click[back to search]"))
        with pytest.raises(BrowserError, match=r"sent click\[back to search\], not click\["):
            env.step("click[next >]")
    assert play(env) == expected
    assert capfd.readouterr() == ("", ""), "the server has nothing to complain of"


def test_a_crashed_page_is_replaced(make: Any, expected: str) -> None:
    from t2po_gym.browser.chromium import BrowserError

    env, other = make(), make()
    other.reset(seed=0)
    env.reset(seed=0)
    with pytest.raises(BrowserError):
        env._window._loan.tab.load("chrome://crash")
    with pytest.raises(BrowserError):
        env.step(ACTION)
    assert other.step(ACTION)[4]["observation_hash"] == expected
    assert play(env) == expected


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_copies_have_a_page_of_their_own(make: Any, copied: Any, expected: str) -> None:
    env = make()
    env.reset(seed=0)
    twin = copied(env)
    assert twin.step(ACTION)[4]["observation_hash"] == expected
    assert env.step(ACTION)[4]["observation_hash"] == expected
    assert twin._window._loan is not env._window._loan
    twin.close()


def continue_elsewhere(env: Any, answers: Any) -> None:
    answers.put((env.step(ACTION)[4]["observation_hash"], env._window._loan.process))
    env.close()


def test_a_forked_environment_never_uses_its_parents_browser(make: Any, expected: str) -> None:
    env = make()
    env.reset(seed=0)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=continue_elsewhere, args=(env, answers))
    child.start()
    found, process = answers.get(timeout=120)
    child.join(30)
    assert (found, process) == (expected, child.pid)
    assert env.step(ACTION)[4]["observation_hash"] == expected


@pytest.mark.parametrize("arguments", [("kill",), ("kill", "fork"), ("return",)])
def test_nothing_outlives_the_process(arguments: tuple[str, ...], chromium_there: None) -> None:
    before = folders()
    command = [sys.executable, "-c", PLAY, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stderr is not None
        assert owner.stdout.readline() == b"ready\n"
        if "kill" in arguments:
            started = [p for p in below(owner.pid) if "PLAY" not in p.name()]
            forked = [p for p in started if p.cmdline()[1:2] == ["-c"]]
            started = [p for p in started if p not in forked]
            assert {"chromedriver", "chromium"} <= {p.name() for p in started}
            owner.kill()
            _, alive = psutil.wait_procs(started, timeout=10)
            assert alive == []
            for process in forked:
                process.kill()
        else:
            assert owner.stderr.read() == b""
        owner.wait(30)
    deadline = time.monotonic() + 10
    while folders() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert folders() - before == set()


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        ((), "Chromium is not on the PATH; Debian and Ubuntu have it: apt-get install chromium"),
        (("chromium",), "chromedriver is not on the PATH; Debian and Ubuntu have it: apt-get"),
    ],
)
def test_what_is_missing_is_named(
    there: tuple[str, ...],
    sentence: str,
    make: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in there:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exception, match=sentence):
        make()


def test_a_browser_that_does_not_start_is_named(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chromium").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with (
        nothing_left(),
        pytest.raises(Exception, match=r"Chromium does not start .*sandbox=False"),
    ):
        make().reset(seed=0)


def test_a_missing_package_is_named() -> None:
    code = (
        "import sys; sys.modules['selenium'] = None\n"
        "import gymnasium, t2po_gym\n"
        "try: gymnasium.make('t2po/WebShopBrowser-v0')\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("pip install 't2po-gym[browser]'")
