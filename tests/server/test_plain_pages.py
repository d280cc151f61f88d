"""Plain pages: any other environment through the same server."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest
from html_tree import Element, parse
from shop_site import page_name, press
from starlette.testclient import TestClient

from t2po_gym.core.env import TextEnv
from t2po_gym.server.app import create_app
from t2po_gym.server.env_seat import EnvSeat
from t2po_gym.server.sessions import Sessions
from t2po_gym.server.views import choice_of, view_of


def opened(env_id: str, show_progress: bool = False, **kwargs: Any) -> tuple[TestClient, str]:
    env = gym.make(env_id, **kwargs).unwrapped
    assert isinstance(env, TextEnv)
    folder, view = view_of(env, show_progress=show_progress)
    sessions = Sessions(5)
    token = sessions.add(EnvSeat(env, view, seed=0))
    client = TestClient(create_app(sessions), follow_redirects=False)
    return client, f"/{folder}/{token}/"


def page_of(client: TestClient, path: str) -> Element:
    return parse(client.get(path).content)


def observation_of(page: Element) -> str:
    (found,) = [e for e in page.every() if "data-observation" in e.attributes]
    return found.text


@pytest.mark.parametrize("env_id", ["t2po/ToyKeys-v0", "t2po/ALFWorld-v0", "t2po/SearchQA-v0"])
def test_pages_show_what_agents_see(env_id: str) -> None:
    client, path = opened(env_id)
    env = gym.make(env_id).unwrapped
    observation, info = env.reset(seed=0)
    for _ in range(3):
        page = page_of(client, path)
        assert path.startswith("/play/")
        assert observation_of(page) == observation
        said = [b.attributes["value"] for b in page.find("button") if b.attributes["name"] == "say"]
        fills = [b.attributes["value"] for b in page.find("button", name="fill")]
        actions = info["admissible_actions"]
        assert said == [a for a in actions if "[<" not in a]
        assert fills == [*[a.partition("[")[0] for a in actions if "[<" in a], ""]
        assert page.find("h1")[0].text == info["task"]
        assert "progress" not in client.get(path).text
        fields = {"say": said[0]} if said else {"fill": fills[0], "text": "a query"}
        action = said[0] if said else f"{fills[0]}[a query]"
        assert press(client, path, **fields).status_code == 303
        observation, *_, info = env.step(action)


def test_an_episode_is_played_to_its_end() -> None:
    client, path = opened("t2po/SearchQA-v0")
    assert press(client, path, fill="answer", text="<b>nobody</b>").status_code == 303
    html = client.get(path).text
    assert "Not solved." in html
    assert "<b>nobody</b>" not in html
    assert "<form" not in html
    old = page_name(html)
    assert press(client, path, page=old, say="search[x]").status_code == 303  # and nothing happens
    assert client.get(path).text == html


def test_progress_is_told_only_if_asked_for() -> None:
    client, path = opened("t2po/ToyKeys-v0", show_progress=True)
    assert "progress 0.00" in client.get(path).text
    without, elsewhere = opened("t2po/ToyKeys-v0", show_progress=True, progress=False)
    assert "progress" not in without.get(elsewhere).text


def test_a_stale_press_does_nothing() -> None:
    client, path = opened("t2po/ALFWorld-v0")
    old = page_name(client.get(path).text)
    assert press(client, path, say="inventory").status_code == 303
    answer = press(client, path, page=old, say="inventory")
    assert answer.status_code == 409
    assert "out of date" in answer.text


def test_without_a_lobby_there_is_no_start_page() -> None:
    client, _ = opened("t2po/ToyKeys-v0")
    assert client.get("/").status_code == 404
    assert client.post("/start").status_code == 404


def test_patterns() -> None:
    assert choice_of("search[<query>]").label == "query"
    assert choice_of("take[green key]").verb == ""
    assert choice_of("[<x>]").verb == ""
