"""Hostile input: it is an action like any other, or a refusal in plain words."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest
from shop_pages import text_of, tree
from shop_site import begin, make_shop, page_name, play, press, site

from t2po_gym.core.many.checker import HOSTILE_ACTIONS


@pytest.mark.parametrize(
    "query",
    [
        "<script>alert(1)</script>",
        "\"'><img src=x onerror=alert(1)>",
        "a\0b",
        "{{ 7 * 7 }}",
        "]] [SEP] click[buy now]",
        "ﷺ\u202e\ufeff\U000e0041",
        "%3Cscript%3E",
        "",
        "   ",
    ],
)
def test_queries_do_what_they_do_in_the_environment(query: str) -> None:
    client, env = site(), make_shop()
    path = begin(client)
    env.reset(seed=0)
    env.step(f"search[{query}]")
    html = play(client, path, f"search[{query}]")
    page = tree(html)
    assert text_of(page) == env.observation
    assert page.find("script") == page.find("img", src="x") == []


def test_hostile_actions_never_break_a_session() -> None:
    client, env = site(max_turns=10_000), make_shop(max_turns=10_000)
    path = begin(client)
    env.reset(seed=0)
    for action in HOSTILE_ACTIONS:
        if len(action) > 4_000 or not action.startswith(("click[", "search[")):
            continue
        sent = action.encode("utf-8", "replace").decode()
        verb, _, text = sent.removesuffix("]").partition("[")
        fields = {"action": "search", "query": text} if verb == "search" else {"action": sent}
        answer = press(client, path, **fields)
        assert answer.status_code in (303, 400)
        if answer.status_code == 303:
            env.step(f"{verb}[{text}]")
    assert text_of(tree(client.get(path).text)) == env.observation


@pytest.mark.parametrize(
    "address",
    [
        "/shop/../../etc/passwd",
        "/shop/%2e%2e/%2e%2e/etc/passwd",
        "/static/../page.py",
        "/static/..%2fpage.py",
        "/static/%2e%2e%2fpage.py",
        "/static//etc/passwd",
        "/static/style.css%00.svg",
        "/pictures/..%2f..%2fetc%2fpasswd.svg",
        "/pictures/box-2f66b5-99.svg",
        "/shop//",
        "/shop/%00/",
        "/shop/a%2Fb/",
        "/shop/" + "A" * 24 + "/",
        "/play/" + "A" * 24 + "/",
        "//evil.example/shop/",
    ],
)
def test_path_tricks_find_nothing(address: str) -> None:
    client = site()
    begin(client)
    url = httpx.URL("http://testserver").copy_with(raw_path=address.encode())

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=client.app)) as caller:
            return await caller.get(url)

    answer = anyio.run(ask)
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_tokens_of_others_and_forged_ones() -> None:
    client = site()
    mine = begin(client)
    token = mine.split("/")[2]
    for forged in (token[:-1], token + "x", token.swapcase(), token[::-1]):
        assert client.get(f"/shop/{forged}/").status_code == 404
        answer = client.post(f"/shop/{forged}/act", data={"action": "search", "query": "x"})
        assert answer.status_code == 404
    assert client.get(mine).status_code == 200


def test_twenty_presses_at_once_are_one_action() -> None:
    client = site()
    path = begin(client)
    play(client, path, "search[lamp]")
    page = page_name(client.get(path).text)
    statuses: list[int] = []

    async def send(caller: httpx.AsyncClient) -> None:
        form = {"page": page, "action": "click[next >]"}
        statuses.append((await caller.post(f"{path}act", data=form)).status_code)

    async def all_at_once() -> None:
        transport = httpx.ASGITransport(app=client.app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://testserver") as caller,
            anyio.create_task_group() as group,
        ):
            for _ in range(20):
                group.start_soon(send, caller)

    anyio.run(all_at_once)
    assert sorted(statuses) == [303] + [409] * 19
    assert "Page 2 (Total results: " in client.get(path).text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NONSENSE"])
def test_other_methods_are_refused(method: str) -> None:
    answer: Any = site().request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
