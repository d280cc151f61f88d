"""What MCP clients may do, what they are told, and what is bounded."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import anyio
import gymnasium as gym
import httpx2
import pytest
from adapter_servers import COMMAND, examples, run_example, served
from mcp import Client

from t2po_gym.adapters.episode import RemoteEnv
from t2po_gym.adapters.mcp import create_text_server, http_app
from t2po_gym.server.running import address_of, listen, make_server

TOY = "t2po/ToyKeys-v0"
ACCEPT = {"accept": "application/json, text/event-stream"}
PROGRESS_KEYS = {"progress", "progress_delta", "progress_max", "milestones", "progress_version"}


def with_client(
    use: Callable[[Client], Awaitable[None]], mode: str = "auto", **settings: Any
) -> None:
    """Use a client that is connected to a server in this process."""
    server, _ = create_text_server(TOY, {"split": "test"}, **{"one_client": True, **settings})

    async def main() -> None:
        async with Client(server, mode=mode) as client:
            await use(client)

    anyio.run(main)


async def info(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content["info"]
    return found


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    text: str = result.content[0].text
    return text


def test_tools_say_what_actions_look_like() -> None:
    async def use(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"reset", "step", "actions"}
        assert "go[room]" in tools["step"].description
        assert tools["step"].input_schema["required"] == ["action"]
        assert set(tools["reset"].input_schema["properties"]) == {
            *("seed", "split", "task_id", "task_index", "session"),
        }
        for tool in tools.values():
            assert tool.input_schema["additionalProperties"] is False

    with_client(use)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("step", {}, "step needs the argument 'action'; it takes action and session."),
        ("step", {"action": 5}, "step cannot take this 'action': input should be a valid string."),
        ("step", {"action": "look", "zz": 1}, "step knows no argument 'zz'; it takes action and"),
        ("actions", {"zz": 1}, "actions knows no argument 'zz'; it takes session."),
        ("nope", {}, "There is no tool 'nope'; there are actions, reset and step."),
    ],
)
def test_wrong_arguments_are_one_sentence(tool: str, arguments: dict[str, Any], said: str) -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=3)
        refused = await refusal(client, tool, **arguments)
        assert refused.startswith(said)
        assert "\n" not in refused
        assert (await info(client, "step", action="look"))["turn"] == 1

    with_client(use)


def test_a_fault_of_ours_keeps_its_details(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=3)
        monkeypatch.setattr(RemoteEnv, "step", lambda *_: {}["a secret"])
        assert await refusal(client, "step", action="look") == (
            "step failed; the server's own messages say why."
        )

    with_client(use)


def test_nothing_hidden_is_told() -> None:
    async def use(client: Client) -> None:
        first = await info(client, "reset", seed=3)
        assert not PROGRESS_KEYS & set(first)
        assert not {"score", "success", "state_key"} & set(first)
        listed = await client.call_tool("actions", {})
        assert listed.structured_content["actions"] == first["admissible_actions"]

    with_client(use)


def test_progress_is_told_where_it_was_asked_for() -> None:
    async def use(client: Client) -> None:
        assert set(await info(client, "reset", seed=3)) >= PROGRESS_KEYS

    with_client(use, progress=True)


def test_a_seed_gives_the_same_episode_and_a_name_the_same_task() -> None:
    async def use(client: Client) -> None:
        one = await info(client, "reset", seed=7)
        assert await info(client, "reset", seed=7) == one
        assert (await info(client, "reset", task_id=one["task_id"]))["task_id"] == one["task_id"]

    with_client(use)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"task_index": 10**9}, "task_index must be from 0 to"),
        ({"task_id": "nothing"}, "nothing"),
        ({"split": "holiday"}, "split must be one of"),
        (
            {"seed": -1},
            "reset cannot take this 'seed': input should be greater than or equal to 0.",
        ),
        ({"seed": True}, "reset cannot take this 'seed': input should be a valid integer."),
        ({"seed": "7"}, "reset cannot take this 'seed': input should be a valid integer."),
        (
            {"task_index": 1.0},
            "reset cannot take this 'task_index': input should be a valid integer.",
        ),
        ({"split": "null"}, "split must be one of"),
        ({"split": ["a"]}, "reset cannot take this 'split': input should be a valid string."),
        ({"sede": 7}, "reset knows no argument 'sede'; it takes"),
        ({"session": "x"}, "leave `session` out"),
        ({"task_id": "a", "task_index": 1}, "not both"),
    ],
)
def test_a_refused_reset_leaves_the_episode_running(arguments: dict[str, Any], said: str) -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=3)
        refused = await refusal(client, "reset", **arguments)
        assert said in refused
        assert "\n" not in refused
        assert (await info(client, "step", action="look"))["turn"] == 1

    with_client(use)


def test_a_step_needs_an_episode() -> None:
    async def use(client: Client) -> None:
        assert "call reset first" in await refusal(client, "step", action="look")
        await info(client, "reset", seed=3)
        for _ in range(100):
            result = await client.call_tool("step", {"action": "look"})
            if result.structured_content["truncated"]:
                break
        assert set(result.structured_content["info"]) >= {"score", "success"}
        assert "The episode is over" in result.content[1].text
        assert "call reset first" in await refusal(client, "step", action="look")
        assert "call reset first" in await refusal(client, "actions")

    with_client(use)


def test_a_long_action_is_refused() -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=3)
        assert "at most 100000 characters" in await refusal(client, "step", action="a" * 100_001)
        assert (await info(client, "step", action="a" * 100_000))["turn"] == 1

    with_client(use)


def test_sessions_are_apart_and_bounded_where_there_are_no_connections() -> None:
    async def use(client: Client) -> None:
        assert "pass the session" in await refusal(client, "step", action="look")
        names = []
        for seed in (1, 2):
            result = await client.call_tool("reset", {"seed": seed})
            names.append(result.structured_content["session"])
        assert "All 2 sessions are in use" in await refusal(client, "reset", seed=3)
        first = await info(client, "step", action="look", session=names[0])
        other = await info(client, "step", action="look", session=names[1])
        assert first["turn"] == other["turn"] == 1
        assert first["task_id"] != other["task_id"]
        for tool, more in (("step", {"action": "look"}), ("reset", {}), ("actions", {})):
            assert "no such session" in await refusal(client, tool, session="x", **more)
        again = await client.call_tool("reset", {"seed": 3, "session": names[0]})
        assert again.structured_content["session"] == names[0]  # it takes the place of its own
        assert (await info(client, "step", action="look", session=names[1]))["turn"] == 2

    with_client(use, one_client=False, max_sessions=2)


def test_idle_episodes_are_dropped() -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=1)
        await anyio.sleep(0.3)
        assert "idle too long" in await refusal(client, "step", action="look")

    with_client(use, max_idle_s=0.2)


def gym_tasks(split: str = "test") -> list[str]:
    """Return the tasks of a reset with seed 7 and two without."""
    env = gym.make(TOY, split=split)
    return [env.reset(seed=seed)[1]["task_id"] for seed in (7, None, None)]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_resets_without_a_seed_go_on_as_in_gym_make(mode: str) -> None:
    """Over HTTP, by connection and by session, whether or not the episodes are played out."""

    async def tasks(client: Client, played: bool) -> list[str]:
        first = await client.call_tool("reset", {"seed": 7})
        named = {} if mode == "legacy" else {"session": first.structured_content["session"]}
        found = [first.structured_content["info"]["task_id"]]
        for _ in range(2):
            while played:
                turn = await client.call_tool("step", {"action": "look", **named})
                if turn.structured_content["truncated"]:
                    break
            found.append((await info(client, "reset", **named))["task_id"])
        return found

    async def main(url: str) -> None:
        for played in (False, True):
            async with Client(url, mode=mode) as client:
                assert await tasks(client, played) == gym_tasks()

    with served("mcp", TOY, "--transport", "http", "--set", "split=test") as url:
        anyio.run(main, url)


def test_other_splits_start_from_the_seed() -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=7)
        found = [(await info(client, "reset", split="dev"))["task_id"] for _ in range(3)]
        assert found == gym_tasks("dev")

    with_client(use)


def test_a_finished_episode_makes_room_for_another_client() -> None:
    async def use(client: Client) -> None:
        first = (await client.call_tool("reset", {"seed": 7})).structured_content["session"]
        assert "All 1 sessions are in use" in await refusal(client, "reset", seed=1)
        while not (
            await client.call_tool("step", {"action": "look", "session": first})
        ).structured_content["truncated"]:
            pass
        await info(client, "reset", seed=1)
        assert "no such session" in await refusal(client, "reset", session=first)

    with_client(use, one_client=False, max_sessions=1)


def test_half_a_character_over_stdio_is_answered_and_loses_nothing() -> None:
    """The SDK drops such a line; its sender waited for ever."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}}
    hello["clientInfo"] = {"name": "test", "version": "1"}
    calls: list[dict[str, Any]] = [{"method": "initialize", "params": hello}]
    calls += [call("reset", {"seed": 1}), call("step", {"action": "\ud800"})]
    calls += [call("\udfff", {}), call("step", {"action": "look"})]
    words = [*COMMAND, "mcp", TOY]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, text=True, **pipes) as process:  # type: ignore[call-overload]
        answers = []
        for number, one in enumerate(calls):
            process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, **one}) + "\n")
            if one["method"] == "initialize":
                ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
                process.stdin.write(json.dumps(ready) + "\n")
            process.stdin.flush()
            answers.append(json.loads(process.stdout.readline()))
        process.stdin.close()
    assert [one["id"] for one in answers] == [0, 1, 2, 3, 4]
    for one in answers[2:4]:
        assert "half of a surrogate pair" in one["error"]["message"]
    assert answers[4]["result"]["structuredContent"]["info"]["turn"] == 1


def call(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def test_half_a_character_over_http_loses_nothing() -> None:
    async def main(url: str) -> None:
        async with Client(url, mode="legacy") as client, httpx2.AsyncClient(timeout=60) as http:
            await info(client, "reset", seed=1)
            wrong = {"jsonrpc": "2.0", "id": 9, **call("step", {"action": "\ud800"})}
            headers = {**ACCEPT, "content-type": "application/json"}
            refused = await http.post(url, headers=headers, content=json.dumps(wrong))
            assert refused.status_code == 400
            assert "Parse error" in refused.json()["error"]["message"]
            assert (await info(client, "step", action="look"))["turn"] == 1

    with served("mcp", TOY, "--transport", "http") as url:
        anyio.run(main, url)


@contextmanager
def served_here(**settings: Any) -> Iterator[str]:
    """Serve over HTTP in a thread of this process, with settings that no flag has."""
    bounds = {"max_sessions": 2, "max_idle_s": 1_800.0}
    server, tools = create_text_server(TOY, **bounds)
    app = http_app(server, tools, host="127.0.0.1", **bounds, **settings)
    serving = make_server(app, lifespan="on")
    with listen("127.0.0.1", 0) as listening:
        thread = Thread(target=serving.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"{address_of(listening)}mcp"
        finally:
            serving.should_exit = True
            thread.join()


def test_clients_that_died_make_room() -> None:
    """They never said so; their episodes go with them, and one that is in use stays."""

    async def main(url: str) -> None:
        dead = [await knock(url) for _ in range(2)]
        assert {one.status_code for one in dead} == {200}
        refused = await knock(url)
        assert refused.status_code == 503
        assert "All 2 connections are in use" in refused.json()["error"]["message"]
        await anyio.sleep(1.1)
        async with Client(url, mode="legacy") as one, Client(url, mode="legacy") as two:
            await info(one, "reset", seed=1)
            await info(two, "reset", seed=2)
            assert (await knock(url)).status_code == 503
            for lost in dead:
                named = {**ACCEPT, "mcp-session-id": lost.headers["mcp-session-id"]}
                async with httpx2.AsyncClient(timeout=60) as http:
                    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
                    assert (await http.post(url, headers=named, json=ping)).status_code == 404
            assert (await info(one, "step", action="look"))["turn"] == 1

    with served_here(spared_s=1.0) as url:
        anyio.run(main, url)


async def knock(url: str) -> httpx2.Response:
    """Ask for a new connection."""
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    call = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    async with httpx2.AsyncClient(timeout=60) as http:
        return await http.post(url, headers=ACCEPT, json=call)


def test_a_connection_is_bounded_and_gives_its_place_back() -> None:
    """Two places: the third connection is refused until one of the others ends."""
    flags = ("--transport", "http", "--max-sessions", "2", "--set", "split=test")

    async def main(url: str) -> None:
        async with Client(url, mode="legacy") as one:
            await info(one, "reset", seed=1)
            async with Client(url, mode="legacy") as two:
                turn = await info(two, "reset", seed=2)
                assert (await info(one, "step", action="look"))["task_id"] != turn["task_id"]
                assert (await knock(url)).status_code == 503
            async with Client(url, mode="legacy") as three:
                await info(three, "reset", seed=3)

    with served("mcp", TOY, *flags) as url:
        anyio.run(main, url)


def test_hostile_requests_over_http() -> None:
    with served("mcp", TOY, "--transport", "http") as url, httpx2.Client(timeout=30) as http:
        long = http.post(url, headers=ACCEPT, json={"long": "a" * 3_000_000})
        assert long.status_code == 413
        assert http.post(url, headers=ACCEPT, content=b"{").status_code == 400
        elsewhere = {**ACCEPT, "host": "example.org", "content-type": "application/json"}
        assert http.post(url, headers=elsewhere, content=b"{}").status_code == 421
        assert http.get(url.replace("/mcp", "/other")).status_code == 404
        assert http.delete(url, headers={"mcp-session-id": "x"}).status_code == 404


def test_the_example_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = examples("Model Context Protocol")
    with served("mcp", "t2po/WebShop-v0", "--transport", "http") as url:
        run_example(example, url.removesuffix("/mcp"))
    assert capsys.readouterr().out.splitlines()[-1] == "0.0"
