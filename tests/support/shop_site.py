"""The shop as a web site in the test process: an application and a client that plays."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

pytest.importorskip("starlette", reason="needs the extra 'serve'")
pytest.importorskip("jinja2", reason="needs the extra 'site'")
pytest.importorskip("httpx", reason="needs the extra 'eval'")

import httpx
from starlette.testclient import TestClient

import t2po_gym  # noqa: F401 - registers the ids
from t2po_gym.core.env import TextEnv
from t2po_gym.server.app import create_app
from t2po_gym.server.lobby import Lobby
from t2po_gym.server.recorder import TraceFile
from t2po_gym.server.seats import Seat
from t2po_gym.server.sessions import Sessions

FORM = "application/x-www-form-urlencoded"


def make_shop(**kwargs: Any) -> TextEnv:
    env = gym.make("t2po/WebShop-v0", **kwargs).unwrapped
    assert isinstance(env, TextEnv)
    return env


def lobby(
    *, record: Path | None = None, seed: Callable[[], int] = lambda: 0, **settings: Any
) -> Lobby:
    """Return what can be played."""
    return Lobby(
        make=partial(make_shop, **settings),
        splits=("train", "dev", "test"),
        difficulties=("easy", "medium", "hard"),
        record=None if record is None else TraceFile(record),
        seed=seed,
    )


def site(
    sessions: Sessions | None = None,
    *,
    record: Path | None = None,
    seed: Callable[[], int] = lambda: 0,
    **settings: Any,
) -> TestClient:
    """Return a client of a shop; it follows no redirects."""
    places = Sessions[Seat](50) if sessions is None else sessions
    app = create_app(places, lobby=lobby(record=record, seed=seed, **settings))
    return TestClient(app, follow_redirects=False)


def begin(client: TestClient, **fields: str) -> str:
    """Begin an episode and return the path of its page."""
    answer = client.post("/start", data=fields)
    assert answer.status_code == 303, answer.text
    return "/" + answer.headers["location"]


def page_name(html: str) -> str:
    """Return what a page calls itself."""
    found = re.search('data-page="([0-9a-f]+)"', html)
    assert found is not None
    return found[1]


def press(client: TestClient, path: str, page: str | None = None, **fields: str) -> httpx.Response:
    """Send a form of the current page."""
    page = page_name(client.get(path).text) if page is None else page
    answer: httpx.Response = client.post(f"{path}act", data={"page": page, **fields})
    return answer


def play(client: TestClient, path: str, action: str) -> str:
    """Play an action as a person would and return the page it leads to."""
    if action.startswith("search["):
        answer = press(client, path, action="search", query=action[len("search[") : -1])
    else:
        answer = press(client, path, action=action)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "./"
    html: str = client.get(path).text
    return html
