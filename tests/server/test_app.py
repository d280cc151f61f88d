"""The site: an episode through its forms, isolation, staleness, headers, bounds."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from shop_pages import random_action, text_of, tree
from shop_site import FORM, begin, make_shop, page_name, play, press, site

from t2po_gym.core.many.trace import read_traces, replay
from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper
from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.server.guard import SECURITY_HEADERS
from t2po_gym.server.sessions import Sessions


@pytest.mark.parametrize("rules", ["fixed", "exact"])
def test_the_site_serves_the_html_observations(rules: str) -> None:
    """The same episodes through the site and through ``observation_mode="html"``."""
    client, rng = site(rules=rules), random.Random(1)
    env = make_shop(rules=rules, observation_mode="html")
    assert isinstance(env, WebShopEnv)
    ended = 0
    for seed in range(4):
        path = begin(site_with(client, seed), split="train")
        observation, info = env.reset(seed=seed)
        assert client.get(path).text == observation
        for turn in range(13):
            action = random_action(env, info, rng) if turn < 10 else last_steps(env, turn)
            if not sendable(action):
                continue
            observation, _, terminated, _, info = env.step(action)
            assert play(client, path, action) == observation
            if terminated:
                ended += 1
                break
    assert ended >= 3


def last_steps(env: WebShopEnv, turn: int) -> str:
    """Return the action of the last three turns: search, open the first product, buy."""
    if turn == 10:
        return f"search[{env.goal.query}]"
    if turn == 11:
        product = env.session.shop.catalogue.product(env.session.results[0])
        return f"click[{product.asin.lower()}]"
    return "click[buy now]"


def site_with(client: Any, seed: int) -> Any:
    """Let the next episode begin with this seed."""
    object.__setattr__(lobby_of(client), "seed", lambda: seed)
    return client


def lobby_of(client: Any) -> Any:
    (route,) = [route for route in client.app.routes if route.path == "/start"]
    return route.endpoint.__self__._lobby


def sendable(action: str) -> bool:
    """Return whether the forms of a page can send an action as it is."""
    is_form = re.fullmatch(r"(?:search|click)\[.*\]", action, re.DOTALL) is not None
    return is_form and action.isprintable() and len(action) < 2_000


def test_a_person_shops_and_the_record_replays(tmp_path: Path) -> None:
    record = tmp_path / "played" / "episodes.jsonl"
    client = site(record=tmp_path / "played", seed=lambda: 7)
    path = begin(client, split="test")
    env = make_shop(split="test")
    assert isinstance(env, WebShopEnv)
    _, info = env.reset(seed=7)
    shopper = ScriptedShopper(env, random.Random(0))
    html, done = "", False
    while not done:
        action = shopper.turn().action
        html = play(client, path, action)
        _, _, done, _, info = env.step(action)
        assert record.exists() == done
    assert info["score"] == 1.0
    assert "Everything that was asked for." in html
    (trace,) = read_traces(record)
    assert trace.success
    assert trace.env_kwargs == {"split": "test"}
    assert replay(trace) == trace


def test_an_abandoned_episode_is_recorded_and_an_untouched_one_is_not(tmp_path: Path) -> None:
    sessions = Sessions(10)
    client = site(sessions, record=tmp_path / "all.jsonl")
    path = begin(client)
    begin(client)
    play(client, path, "search[lamp]")
    play(client, path, "click[next >]")
    sessions.close()
    (trace,) = read_traces(tmp_path / "all.jsonl")
    assert trace.actions == ("search[lamp]", "click[next >]")
    assert replay(trace) == trace
    assert client.get(path).status_code == 404


def test_a_stale_page_does_nothing() -> None:
    client = site()
    path = begin(client)
    old = page_name(client.get(path).text)
    play(client, path, "search[lamp]")
    before = client.get(path).text
    answer = press(client, path, page=old, action="search", query="mug")
    assert answer.status_code == 409
    assert "This page was out of date, so nothing was done." in answer.text
    assert text_of(tree(answer.text)) == text_of(tree(before))
    assert client.get(path).text == before
    for page in ("", "0" * 16, "x" * 50_000):
        assert press(client, path, page=page, action="search", query="mug").status_code == 409
    assert client.post(f"{path}act", data={"action": "click[next >]"}).status_code == 409


def test_sessions_are_apart() -> None:
    client = site()
    mine, yours = begin(client), begin(client)
    assert mine != yours
    before = client.get(yours).text
    play(client, mine, "search[lamp]")
    assert client.get(yours).text == before


def test_reading_changes_nothing() -> None:
    client = site()
    path = begin(client)
    before = client.get(path).text
    for address in (path, f"{path}?action=search&query=lamp", f"{path}act?action=search&query=x"):
        client.get(address)
        client.head(address)
    assert client.get(path).text == before
    assert client.head(path).status_code == 200
    assert client.get("/start").status_code == 405


def test_the_turn_limit_is_told_and_ends_it() -> None:
    client = site(max_turns=2)
    path = begin(client)
    play(client, path, "search[lamp]")
    html = play(client, path, "click[next >]")
    assert "All 2 turns are used; the episode is over." in html
    assert "Shop again" in html
    again = play(client, path, "click[next >]")
    assert again == html


def test_full_and_too_many() -> None:
    client = site(Sessions(2))
    begin(client)
    begin(client)
    answer = client.post("/start", data={})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "All 2 sessions are in use" in answer.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"split": "secret"}, "There is no split of that name"),
        ({"difficulty": "extreme"}, "There is no difficulty of that name"),
        ({"task": "-1"}, "A task is a whole number from 0"),
        ({"task": "999999999"}, "task_index"),
        ({"task": "<b>"}, "A task is a whole number from 0"),
        ({"task": "9" * 4_400}, "A task is a whole number from 0"),
    ],
)
def test_wrong_choices_are_explained(fields: dict[str, str], sentence: str) -> None:
    answer = site().post("/start", data=fields)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "<b>" not in answer.text


def test_chosen_task_and_difficulty() -> None:
    client = site()
    path = begin(client, split="dev", task="3", difficulty="easy")
    env = make_shop(split="dev", difficulty="easy")
    env.reset(seed=0, options={"task_index": 3})
    assert text_of(tree(client.get(path).text)) == env.observation


@pytest.mark.parametrize("path", ["/", "/nope", "/shop/x/", "/static/style.css", "/start"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_every_answer_has_the_security_headers(path: str, method: str) -> None:
    answer = site().request(method, path)
    for name, value in SECURITY_HEADERS.items():
        if name == "cache-control" and answer.status_code == 200 and "static" in path:
            assert answer.headers[name] == "public, max-age=3600"
        else:
            assert answer.headers[name] == value
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_fault_is_a_plain_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.testclient import TestClient

    client = site()
    path = begin(client)
    monkeypatch.setattr(
        "t2po_gym.server.views.page_html", lambda *_, **__: (_ for _ in ()).throw(OSError("disk"))
    )
    quiet = TestClient(client.app, raise_server_exceptions=False)
    answer = quiet.get(path)
    assert answer.status_code == 500
    assert "disk" not in answer.text
    assert answer.headers["content-security-policy"]


OTHERS: tuple[dict[str, str], ...] = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "Cross-Site"},
    {"sec-fetch-site": "same-site"},  # another port of this machine
    {"origin": "http://evil.example"},
    {"origin": "http://testserver:81"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "null"},
    {"origin": "http://[evil"},
    {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
)
OURS: tuple[dict[str, str], ...] = (
    {},
    {"sec-fetch-site": "same-origin", "origin": "http://testserver"},
    {"sec-fetch-site": "none"},
    {"origin": "http://testserver"},
    {"origin": "https://TESTSERVER"},
)


@pytest.mark.parametrize("headers", OURS)
def test_forms_of_this_site_are_taken(headers: dict[str, str]) -> None:
    client = site()
    assert client.post("/start", headers=headers).status_code == 303


@pytest.mark.parametrize("headers", OTHERS)
def test_forms_of_other_sites_are_refused(headers: dict[str, str]) -> None:
    client = site()
    path = begin(client)
    page = page_name(client.get(path).text)
    answer = client.post(
        f"{path}act",
        data={"page": page, "action": "search", "query": "lamp"},
        headers=headers,
    )
    assert answer.status_code == 403
    assert page_name(client.get(path).text) == page


def test_the_limits_of_requests() -> None:
    client = site()
    path = begin(client)
    page = page_name(client.get(path).text)
    long = {"page": page, "action": "search", "query": "x" * 1_000_000}
    assert client.post(f"{path}act", data=long).status_code == 413
    fits = {"page": page, "action": "search", "query": "\U0001f600" * 8_184}
    assert client.post(f"{path}act", data=fits).status_code == 303
    assert client.get("/" + "x" * 3_000).status_code == 414
    assert client.get("/?" + "x" * 3_000).status_code == 414
    assert client.get("/", headers={"x-long": "x" * 20_000}).status_code == 431
    wrong = client.post(f"{path}act", content=b"{}", headers={"content-type": "application/json"})
    assert wrong.status_code == 415
    empty = client.post(f"{path}act", content=b"", headers={"content-type": FORM})
    assert empty.status_code == 400
