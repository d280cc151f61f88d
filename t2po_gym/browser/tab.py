"""One page in the browser: what is done to it, and what is read from it."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from t2po_gym.browser.axtree import actions_of, tree_text
from t2po_gym.browser.chromium import LOADING_S, BrowserError, Chromium
from t2po_gym.browser.gestures import Click, Gesture, Key, Type
from t2po_gym.envs.webshop.world.pages import SEPARATOR

try:
    from PIL import Image
    from selenium.webdriver import ActionChains, Keys
except ImportError as error:
    raise ImportError(
        "A browser environment needs the extra `browser`: pip install 't2po-gym[browser]'"
    ) from error

__all__ = ["Draft", "Reading", "Tab", "can_be_typed"]

Pixels = npt.NDArray[np.uint8]

MOST_KEYS = 100
"""Longer texts are entered at once, as an input method or the clipboard does."""

MOST_SOURCE = 2**26
"""Bytes of sources that the browser keeps for a page."""

READ = """
const nodes = [...document.querySelectorAll('[data-node]')];
return [performance.timeOrigin, document.readyState, document.documentElement.dataset.page ?? '',
        nodes.map(node => [node.dataset.text ?? null, node.textContent])];
"""
BUTTON = """
const found = [...document.querySelectorAll('button[name=action]')];
return found.find(button => button.value === arguments[0]) ?? null;
"""
SEARCH_BOX = """
const box = document.getElementById('query');
return box && [box, box.value, box.form.querySelector('button[value=search]')];
"""
LISTEN = """
window.t2poSubmitted = false;
addEventListener('submit', () => { window.t2poSubmitted = true; }, {capture: true, once: true});
"""
SUBMITTED = "return [performance.timeOrigin, window.t2poSubmitted === true];"
SCROLL = "scrollBy({top: arguments[0], behavior: 'instant'})"
TAKES_TEXT = """
const box = document.activeElement;
return box !== null && box.matches('input[type=text], input[type=search], textarea');
"""
LOST = re.compile("[\0\ud800-\udfff]")
"""Characters that no page can hold, so no button's name either."""

CAN_HAVE_FOCUS = "a[href], button, input:not([type=hidden]), summary"
DRAFT = f"""
const all = [...document.querySelectorAll('{CAN_HAVE_FOCUS}')];
return [document.getElementById('query')?.value ?? '', all.indexOf(document.activeElement),
        Math.round(scrollY)];
"""
TAKE_UP = f"""
const [text, focused, scrolled] = arguments;
const box = document.getElementById('query');
if (text) box.value = text;
document.querySelectorAll('{CAN_HAVE_FOCUS}')[focused]?.focus();
scrollTo({{top: scrolled, behavior: 'instant'}});
"""
KEY_CODES = {
    **{name: getattr(Keys, name.upper()) for name in ("enter", "tab", "space", "backspace")},
    **{name: getattr(Keys, name.upper()) for name in ("delete", "escape", "home", "end")},
    **{name: getattr(Keys, f"ARROW_{name.upper()}") for name in ("up", "down", "left", "right")},
    **{"page up": Keys.PAGE_UP, "page down": Keys.PAGE_DOWN},
}


class Reading(NamedTuple):
    """What a loaded page says. Example: ``Reading("3f2a", "WebShop [SEP] Instruction:")``."""

    page_id: str
    """Name of the state that it shows."""

    text: str
    """Its nodes, joined as in the observation mode ``text``."""


class Draft(NamedTuple):
    """What a person did to a page that the shop does not know of yet."""

    text: str
    """What stands in the search box."""

    focused: int
    """Number of the link, button or box that has the focus; -1 for none."""

    scrolled: int
    """Pixels that the page is scrolled down."""


def can_be_typed(text: str) -> bool:
    """Return whether a keyboard can send a text: no control characters, no lone surrogates."""
    return text.isprintable()


class Tab:
    """A page in a browser context of its own.

    Args:
        browser: where to open it.
        width, height: size of the window's inside in pixels.
        keep_sources: Whether the browser keeps the source of a document for `source`.
    """

    def __init__(
        self, browser: Chromium, width: int, height: int, keep_sources: bool = False
    ) -> None:
        self._browser = browser
        self.width, self.height = width, height
        self._origin = 0.0
        self._context, self._page = browser.open_page()
        self._cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        if keep_sources:
            self._cdp(
                "Network.enable", maxTotalBufferSize=MOST_SOURCE, maxResourceBufferSize=MOST_SOURCE
            )
        # Every page believes that its window is the active one.
        self._cdp("Emulation.setFocusEmulationEnabled", enabled=True)

    def close(self) -> None:
        """Close the page and its browser context."""
        self._browser.close_page(self._context)

    # ---- loading and reading -------------------------------------------------------------------

    def load(self, address: str) -> Reading:
        """Load a page anew and read it."""
        with self._browser.on(self._page) as driver:
            before = self._origin
            driver.get(address)
            return self._read_after(driver, before)

    def arrive(self) -> Reading:
        """Wait for the page that follows a press, and read it."""
        with self._browser.on(self._page) as driver:
            return self._read_after(driver, self._origin)

    def _read_after(self, driver: Any, before: float) -> Reading:
        """Wait for a document other than the one that began at a time, and read it.

        ``performance.timeOrigin`` differs from document to document, even of one address.
        """
        deadline = time.monotonic() + LOADING_S
        while time.monotonic() < deadline:
            origin, state, page_id, nodes = driver.execute_script(READ)
            if origin != before and state == "complete":
                self._origin = origin
                return Reading(page_id, SEPARATOR.join(_node(*node) for node in nodes))
            time.sleep(0.002)
        raise BrowserError(f"The page did not load within {LOADING_S} s; call reset().")

    def source(self) -> str:
        """Return the document's source, as it was received (needs ``keep_sources``)."""
        with self._browser.on(self._page):
            # A document is named like the request that brought it.
            document = self._cdp("Page.getFrameTree")["frameTree"]["frame"]["loaderId"]
            got = self._cdp("Network.getResponseBody", requestId=document)
        body = str(got["body"])
        return base64.b64decode(body).decode("utf-8") if got["base64Encoded"] else body

    def tree(self) -> str:
        """Return the accessibility tree as text; see `t2po_gym.browser.axtree`."""
        with self._browser.on(self._page):
            nodes = self._cdp("Accessibility.getFullAXTree")["nodes"]
            document = self._cdp("DOM.getDocument", depth=-1)["root"]
        return tree_text(nodes, actions_of(document))

    def screenshot(self) -> Pixels:
        """Return the window's inside as an array ``[height, width, 3]``, without the pointer."""
        with self._browser.on(self._page):
            self._mouse("mouseMoved", -1, -1)  # nothing is drawn as hovered
            data = self._cdp("Page.captureScreenshot", format="png")["data"]
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            return np.asarray(image.convert("RGB"), dtype=np.uint8)

    # ---- acting --------------------------------------------------------------------------------

    def press(self, action: str) -> bool:
        """Press the page's button of an action; False if there is none."""
        if LOST.search(action):
            return False
        with self._browser.on(self._page) as driver:
            button = driver.execute_script(BUTTON, action)
            if button is not None:
                button.click()
            return button is not None

    def search(self, query: str) -> bool:
        """Type into the search box and press its button; False if there is none."""
        with self._browser.on(self._page) as driver:
            found = driver.execute_script(SEARCH_BOX)
            if found is None:
                return False
            box, typed_before, button = found
            if typed_before:
                box.clear()
            box.click()
            self._type(driver, query)
            button.click()
            return True

    def perform(self, gesture: Gesture) -> bool | None:
        """Do what an action by position says.

        Returns:
            Whether it sent the page's form, so that another page follows; None if it cannot be
            done (outside the window, no text field has the focus, not to be typed).
        """
        with self._browser.on(self._page) as driver:
            if not self._possible(driver, gesture):
                return None
            driver.execute_script(LISTEN)
            if isinstance(gesture, Click):
                self._click(gesture)
            elif isinstance(gesture, Type):
                self._type(driver, gesture.text)
            elif isinstance(gesture, Key):
                _press_key(driver, gesture.name)
            else:
                driver.execute_script(
                    "scrollBy({top: arguments[0], behavior: 'instant'})", *gesture
                )
            origin, submitted = driver.execute_script(SUBMITTED)
            return bool(submitted) or origin != self._origin

    def _possible(self, driver: Any, gesture: Gesture) -> bool:
        if isinstance(gesture, Click):
            return gesture.x < self.width and gesture.y < self.height
        if isinstance(gesture, Type):
            return can_be_typed(gesture.text) and bool(driver.execute_script(TAKES_TEXT))
        return True

    def _type(self, driver: Any, text: str) -> None:
        """Type into what has the focus."""
        if len(text) <= MOST_KEYS:
            driver.switch_to.active_element.send_keys(text)
        else:
            self._cdp("Input.insertText", text=text)

    def _click(self, at: Click) -> None:
        self._mouse("mouseMoved", *at)
        for kind in ("mousePressed", "mouseReleased"):
            self._mouse(kind, *at, button="left", clickCount=1)

    def _mouse(self, kind: str, x: int, y: int, **more: Any) -> None:
        self._cdp("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    # ---- what the shop does not know of ---------------------------------------------------------

    def draft(self) -> Draft:
        """Return what was typed and how far the page is scrolled."""
        with self._browser.on(self._page) as driver:
            return Draft(*driver.execute_script(DRAFT))

    def take_up(self, draft: Draft) -> None:
        """Bring a page that has just been loaded to a draft."""
        with self._browser.on(self._page) as driver:
            driver.execute_script(TAKE_UP, *draft)

    def _cdp(self, command: str, **parameters: Any) -> Any:
        with self._browser.on(self._page) as driver:
            request = {"cmd": command, "params": parameters}
            return driver.execute("executeCdpCommand", request)["value"]


def _node(as_json: str | None, text: str) -> str:
    return text if as_json is None else str(json.loads(as_json))


def _press_key(driver: Any, name: str) -> None:
    keys = ActionChains(driver, duration=0)
    shift, _, last = name.rpartition("+")
    if shift:
        keys.key_down(Keys.SHIFT)
    keys.send_keys(KEY_CODES[last])
    if shift:
        keys.key_up(Keys.SHIFT)
    keys.perform()
