"""A Chromium with its driver, started and stopped by us, with nothing left behind.

* ``Chromium`` - one browser process; pages open in browser contexts (profiles) of their own.
* ``BrowserError`` - it is missing, does not start, has ended, or does not answer.

Every wait has an end: `PATIENCE_S` for a command, `LOADING_S` for a page. The processes and the
folder are the guard's business (`t2po_gym.browser.guard`).
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import RLock
from typing import IO, Any
from weakref import WeakSet

from gymnasium.error import Error

from t2po_gym.browser.guard import clear

try:
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver import ChromeOptions, Remote
    from selenium.webdriver.chrome.remote_connection import ChromeRemoteConnection
    from selenium.webdriver.common.proxy import Proxy
    from selenium.webdriver.remote.client_config import ClientConfig
    from urllib3.exceptions import HTTPError
    from urllib3.exceptions import TimeoutError as NoAnswer
    from websocket import WebSocketException, WebSocketTimeoutException, create_connection
except ImportError as error:
    raise ImportError(
        "A browser environment needs the extra `browser`: pip install 't2po-gym[browser]'"
    ) from error

__all__ = ["BrowserError", "Chromium", "installed"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVER = "chromedriver"
INSTALL = "apt-get install chromium chromium-driver"

PATIENCE_S = 60
"""How long one command may take before the browser counts as dead."""

LOADING_S = 30
"""How long a page may take to load."""

FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",  # a container's /dev/shm is often too small
    "--no-proxy-server",  # the only server is on this machine
    # A pipe in place of a port: nobody else can connect, and Chromium ends when it closes.
    "--remote-debugging-pipe",
    # Pictures that are the same on every machine: no scroll bars, one colour profile.
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    # A key scrolls at once: a page that still moves would get the next click somewhere else.
    "--disable-smooth-scrolling",
)


class BrowserError(Error):
    """The browser is missing, did not start, has ended, or does not answer."""


def installed() -> tuple[str, str]:
    """Return the paths of Chromium and of chromedriver.

    Raises:
        BrowserError: If one of them is not on the PATH, or this is not Linux.
    """
    if sys.platform != "linux":
        raise BrowserError(
            f"Browser environments run on Linux; this is {sys.platform}. Use the Docker image of "
            "docker/browser.Dockerfile."
        )
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which(DRIVER)
    if browser is None or driver is None:
        missing = "Chromium" if browser is None else DRIVER
        raise BrowserError(
            f"{missing} is not on the PATH; Debian and Ubuntu have it: {INSTALL} (as root)."
        )
    return browser, driver


LOST = "The browser has ended or does not answer ({}); reset() starts a new one."
NO_START = "Chromium does not start ({})."
NO_SANDBOX = " Where a container allows no sandbox, use sandbox=False."


@contextmanager
def answering(sentence: str = LOST) -> Iterator[None]:
    """Turn every failure to answer into one `BrowserError`, with the reason in the sentence."""
    try:
        yield
    except (WebDriverException, HTTPError, WebSocketException, OSError) as error:
        raise BrowserError(sentence.format(_reason(error))) from error


def _reason(error: Exception) -> str:
    if isinstance(error, WebDriverException):
        return str(error.msg).strip().partition("\n")[0][:300]
    late = isinstance(error, (NoAnswer, WebSocketTimeoutException, TimeoutError))
    return f"no answer within {PATIENCE_S} s" if late else "its connection is closed"


class Chromium:
    """One Chromium process with its chromedriver and a folder of profiles.

    Args:
        sandbox: Whether Chromium uses its own sandbox. Root never has one: Chromium refuses.

    Attributes:
        lock: Held while a page is used: the driver knows one current page.
        folder: Where everything is that the browser writes; deleted with it. None until it is
            known.

    Raises:
        BrowserError: If it is not installed or does not start.
    """

    def __init__(self, sandbox: bool = True) -> None:
        browser, driver = installed()
        self.lock = RLock()
        self.process = os.getpid()
        self._current = ""
        self.folder: Path | None = None
        self._driver: Any = None
        self._guard = _start_guard(driver)
        try:
            answer = _answer_of(self._guard)
            self.folder = folder = Path(answer["folder"])
            with answering(NO_START + (NO_SANDBOX if sandbox else "")):
                self._driver = _connect(answer["port"], _options(browser, folder, sandbox))
        except BaseException:
            self.close()
            raise

    def open_page(self) -> tuple[str, str]:
        """Open an empty page in a browser context of its own; return context and page."""
        with self.lock, answering(), self._bidi() as ask:
            context = ask("browser.createUserContext")["userContext"]
            page = ask("browsingContext.create", type="window", userContext=context)["context"]
            return str(context), str(page)

    def close_page(self, context: str) -> None:
        """Close a browser context with its page."""
        with self.lock, answering(), self._bidi() as ask:
            self._current = ""
            ask("browser.removeUserContext", userContext=context)

    @contextmanager
    def _bidi(self) -> Iterator[Callable[..., Any]]:
        """Speak WebDriver BiDi, which alone knows browser contexts, over a connection for now.

        selenium's own connection needs a thread, and the browser's end is an error in its log.
        """
        connection = create_connection(
            self._driver.capabilities["webSocketUrl"],
            timeout=PATIENCE_S,
            http_no_proxy=["*"],
        )
        numbers = count(1)

        def ask(method: str, **parameters: Any) -> Any:
            number = next(numbers)
            connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
            while (answer := json.loads(connection.recv())).get("id") != number:
                pass  # an event
            if "result" not in answer:
                raise BrowserError(f"The browser refuses {method}: {answer.get('message')}")
            return answer["result"]

        try:
            yield ask
        finally:
            connection.close()

    @contextmanager
    def on(self, page: str) -> Iterator[Any]:
        """Use a page: yield the driver, switched to it, and let nobody else in."""
        with self.lock, answering():
            if self._current != page:
                self._current = ""
                self._driver.switch_to.window(page)
                self._current = page
            yield self._driver

    def alive(self) -> bool:
        """Return whether the browser still answers; one that does not is ended for good."""
        try:
            with self.lock, answering():
                return self._guard.poll() is None and bool(self._driver.window_handles)
        except BrowserError:
            self.close()
            return False

    def close(self) -> None:
        """End the browser at once, with all its processes and its folder; safe to call twice.

        In a forked process it does nothing: the browser belongs to the process that started it.
        """
        if self.process != os.getpid():
            return
        if self._driver is not None:
            self._driver.command_executor.close()  # the connections, not the browser
        assert self._guard.stdin is not None
        assert self._guard.stdout is not None
        self._guard.stdin.close()  # the guard sees this and cleans up
        try:
            self._guard.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
        self._guard.stdout.close()
        if self.folder is not None:
            clear(self.folder)  # what a guard leaves that was killed itself


def _start_guard(driver: str) -> subprocess.Popen[bytes]:
    guard = subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__).with_name("guard.py")), driver],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # a terminal's Ctrl-C is not for it
    )
    assert guard.stdin is not None
    _LIFELINES.add(guard.stdin)
    return guard


_LIFELINES: WeakSet[IO[bytes]] = WeakSet()


def _let_go() -> None:
    """Close what a forked child inherits: it would keep the browsers alive after our death."""
    for lifeline in _LIFELINES:
        lifeline.close()
    _LIFELINES.clear()


os.register_at_fork(after_in_child=_let_go)


def _answer_of(guard: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return what the guard says once chromedriver runs."""
    assert guard.stdout is not None
    ready = select.select([guard.stdout], [], [], PATIENCE_S)[0]
    line = guard.stdout.readline() if ready else b""
    answer: dict[str, Any] = json.loads(line) if line else {"error": "its guard did not start"}
    if "error" in answer:
        raise BrowserError(NO_START.format(answer["error"]))
    return answer


def _options(browser: str, folder: Path, sandbox: bool) -> Any:
    options = ChromeOptions()
    options.binary_location = browser
    options.set_capability("webSocketUrl", True)  # browser contexts are made through WebDriver BiDi
    options.timeouts = {"pageLoad": 1000 * LOADING_S, "script": 1000 * LOADING_S, "implicit": 0}
    unguarded = () if sandbox and os.geteuid() else ("--no-sandbox",)
    for flag in (*FLAGS, *unguarded, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    return options


def _connect(port: int, options: Any) -> Any:
    address = f"http://127.0.0.1:{port}"
    direct = Proxy({"proxyType": "DIRECT"})
    config = ClientConfig(remote_server_addr=address, proxy=direct, timeout=PATIENCE_S)
    connection = ChromeRemoteConnection(remote_server_addr=address, client_config=config)
    return Remote(command_executor=connection, options=options)
