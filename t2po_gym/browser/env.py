"""``t2po/WebShopBrowser-v0``: the shop of ``t2po/WebShop-v0``, played in a real Chromium."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded

from t2po_gym.browser.chromium import BrowserError, installed
from t2po_gym.browser.gestures import Gesture, read_gesture
from t2po_gym.browser.tab import Draft, Tab
from t2po_gym.browser.window import UNTOUCHED, Window
from t2po_gym.core.env import Outcome
from t2po_gym.core.spaces import TextSpace
from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.envs.webshop.world.pages import SEPARATOR
from t2po_gym.server.seats import Press, as_listed

__all__ = ["BrowserMode", "WebShopBrowserEnv"]

BrowserMode = Literal["text", "html", "axtree", "screenshot"]
MODES: tuple[BrowserMode, ...] = get_args(BrowserMode)
SMALLEST, LARGEST = 200, 4_096
"""Pixels that a window may be wide or high."""

BY_POSITION = (
    "By position: click_at[x,y] in pixels of the window, for example click_at[640,96]; type[text] "
    "into the text field that has the focus; press[enter] and other keys; scroll[400], in pixels."
)
MOST_TASK_CHARS = 8_192
MOST_TREE_CHARS = 524_288


class WebShopBrowserEnv(WebShopEnv):
    """A shopping episode on real pages: every action is a press in Chromium.

    The shop, its tasks, rewards, progress and info are those of ``t2po/WebShop-v0``.
    ``click[...]`` presses the page's button, ``search[...]`` types into the search box and presses
    Search, and the observation is read from the page that follows. In the mode ``text``
    observations and ``observation_hash`` equal those of WebShop-v0 character by character.

    An action that no button on the page stands for changes nothing and is invalid, as in
    WebShop-v0. A query that no keyboard can send (a line feed, a lone surrogate, a control
    character) does not go through the browser: the shop gets it directly, and the page is loaded
    again.

    Every mode but ``text`` also takes actions by position (`t2po_gym.browser.gestures`):
    ``click_at[x,y]``, ``type[text]``, ``press[key]``, ``scroll[pixels]``. They are valid if they
    can be done: inside the window, into a text field that has the focus. What they do to the shop
    counts as usual.

    Browser and server start with the first reset. The environments of one process share one
    browser, each with a browser context (profile) of its own; see docs/browser.md. Call `close`.

    Args:
        observation_mode: ``text`` (default), ``html`` (the page's source), ``axtree`` (its
            accessibility tree as text) or ``screenshot`` (a dictionary: ``screenshot``, an array
            uint8 ``[height, width, 3]``, and ``task``, what to buy). With ``screenshot``,
            ``observation_hash`` chains over the page's text: pixels differ between machines with
            their fonts, and the hash would prove nothing.
        browser: ``shared`` (default) or ``own`` for a browser process of its own.
        sandbox: Whether Chromium uses its sandbox; never for root. False where a container allows
            none.
        width: Inside of the window in pixels, from 200 to 4096.
        height: As ``width``.
        render_mode: None, ``ansi``, ``human``, or ``rgb_array`` (``render()`` returns the
            screenshot ``[height, width, 3]``).
        shop: The arguments of `WebShopEnv`.

    Raises:
        BrowserError: If Chromium or its driver is missing (at once), or has ended (later).
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium's own declaration
        "render_modes": ["ansi", "human", "rgb_array"],
        "render_fps": 4,
    }

    def __init__(
        self,
        *,
        observation_mode: BrowserMode = "text",
        browser: Literal["shared", "own"] = "shared",
        sandbox: bool = True,
        width: int = 1280,
        height: int = 720,
        render_mode: str | None = None,
        **shop: Any,
    ) -> None:
        if observation_mode not in MODES:
            raise ValueError(
                f"observation_mode must be one of {', '.join(MODES)}; got {observation_mode!r}."
            )
        if browser not in ("shared", "own"):
            raise ValueError(f"browser must be 'shared' or 'own'; got {browser!r}.")
        for name, size in (("width", width), ("height", height)):
            if type(size) is not int or not SMALLEST <= size <= LARGEST:
                raise ValueError(
                    f"{name} must be an integer from {SMALLEST} to {LARGEST} pixels; got {size!r}."
                )
        installed()
        if observation_mode == "axtree":
            self.MAX_OBSERVATION_CHARS = MOST_TREE_CHARS
        super().__init__(
            observation_mode="html" if observation_mode == "html" else "text",
            render_mode=render_mode,
            **shop,
        )
        self._seen_as = observation_mode
        self._size = {"width": width, "height": height}
        keep = observation_mode == "html"
        self._window = Window(
            own=browser == "own", sandbox=sandbox, keep_sources=keep, **self._size
        )
        if observation_mode == "screenshot":
            picture = spaces.Box(0, 255, (height, width, 3), np.uint8)
            seen: Any = spaces.Dict({"screenshot": picture, "task": TextSpace(MOST_TASK_CHARS)})
            self.observation_space = seen

    # ---- Gymnasium's interface -------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode; see `TextEnv.reset`. A browser that has ended is started anew."""
        with self._window.used(shows=True):
            _, info = super().reset(seed=seed, options=options)
            return self._seen(), info

    def step(self, action: str) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Send one action; see `TextEnv.step`.

        Raises:
            BrowserError: If the browser has ended (`reset` starts a new one), or another thread
                is using this environment.
            ResetNeeded: If no episode is running, or the environment is closed.
        """
        with self._window.used():
            _, reward, terminated, truncated, info = super().step(action)
            return self._seen(), reward, terminated, truncated, info

    def restore(self, state: bytes) -> tuple[Any, dict[str, Any]]:
        """Restore a snapshot; the page is loaded again, with what was typed and scrolled."""
        with self._window.used(shows=True):
            _, info = super().restore(state)
            return self._seen(), info

    def render(self) -> Any:
        """Render the current state: as `TextEnv`, or the screenshot under ``rgb_array``."""
        if self.render_mode != "rgb_array":
            return super().render()
        if not self._started:
            raise ResetNeeded("There is nothing to show; call reset() before render().")
        with self._window.used():
            return self._window.read(Tab.screenshot)

    def close(self) -> None:
        """Close the page; the browser ends with its last page. Safe to call twice.

        A step in another thread is waited for. Afterwards only `reset` and `restore` work: they
        open a page again, which is to be closed again.
        """
        self._window.close()

    def _seen(self) -> str | dict[str, Any]:
        """Return the observation in the form of the observation space."""
        if self._seen_as != "screenshot":
            return self._observation
        task = self._task_words[:MOST_TASK_CHARS]
        return {"screenshot": self._window.read(Tab.screenshot), "task": task}

    # ---- hooks -----------------------------------------------------------------------------

    def _begin(self, index: int, rng: np.random.Generator) -> str:
        super()._begin(index, rng)
        self._window.show(self._session)
        first = self._observed()
        if self._previous:
            self._history = self._new_history(first)
        return first

    def _play(self, action: str) -> Outcome:
        gesture = None if self._seen_as == "text" else read_gesture(action)
        if gesture is not None:
            outcome = self._perform(gesture)
        else:
            called = self._session.called(action)
            through_page = None if called is None else self._press(action, *called)
            outcome = through_page or self._directly(action)
        return outcome._replace(observation=self._observed())

    def _press(self, action: str, verb: str, argument: str) -> Outcome | None:
        """Do an action through the page; None if the page has nothing that stands for it."""

        def play(press: Press) -> Outcome:
            sent = f"{verb}[{argument}]"
            if as_listed(press.action, (sent,)) != sent:
                raise BrowserError(f"The page sent {press.action}, not {sent}; call reset().")
            return WebShopEnv._play(self, action)

        return self._window.press(verb, argument, play)

    def _directly(self, action: str) -> Outcome:
        """Give an action to the shop without the browser, and show what it says."""
        outcome = super()._play(action)
        self._window.refresh()
        return outcome

    def _perform(self, gesture: Gesture) -> Outcome:
        """Do an action by position."""

        def play(press: Press) -> Outcome:
            pressed = as_listed(press.action, self._session.click_actions())
            return WebShopEnv._play(self, pressed)

        done = self._window.perform(gesture, play)
        return Outcome("", 0.0, False, done) if isinstance(done, bool) else done

    def _observed(self) -> str:
        """Read the observation from the page; of a screenshot, the text that stands for it."""
        if self._seen_as == "html":
            return str(self._window.read(Tab.source))
        if self._seen_as == "axtree":
            return str(self._window.read(Tab.tree))
        return self._window.text

    def _observable_state(self) -> str:
        # What was typed is part of the state: the next key or click may depend on it.
        by_text = self._seen_as in ("axtree", "screenshot")
        state = self._session.observation() if by_text else super()._observable_state()
        draft = self._window.draft
        return state if draft == UNTOUCHED else f"{state}{SEPARATOR}{draft}"

    def _info(self) -> dict[str, Any]:
        info = super()._info()
        if self._seen_as != "text":
            info["action_format"] = f"{self.ACTION_FORMAT} {BY_POSITION}"
        return info

    def _identity(self) -> Mapping[str, Any]:
        return {**super()._identity(), "observation_mode": self._seen_as, **self._size}

    def _save(self) -> dict[str, Any]:
        notice = self._session.notice  # a restored page shows it again
        return {**super()._save(), "notice": notice, "draft": list(self._window.draft)}

    def _load(self, state: Mapping[str, Any]) -> None:
        super()._load(state)
        self._session.notice = state["notice"]
        self._window.show(self._session)
        self._window.take_up(Draft(*state["draft"]))
