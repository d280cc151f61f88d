"""Servers on real sockets: in the background, behind a command, and what they leave behind."""

from __future__ import annotations

import argparse
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from shop_site import lobby, page_name, site
from starlette.testclient import TestClient

from t2po_gym.cli.serve import webshop
from t2po_gym.core.many.trace import read_traces, replay
from t2po_gym.server.app import create_app
from t2po_gym.server.background import BackgroundServer
from t2po_gym.server.running import address_of, listen
from t2po_gym.server.sessions import Sessions


def test_a_background_server_comes_and_goes() -> None:
    before = threading.active_count()
    app = site().app
    with BackgroundServer(app) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert httpx.get(server.url).status_code == 200
        assert httpx.get(server.url + "static/icon.svg").headers["content-type"] == "image/svg+xml"
    server.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    port = httpx.URL(server.url).port
    with listen("127.0.0.1", port or 0):  # the port is free again
        pass
    assert threading.active_count() <= before + 1  # a worker of the event loop may idle


def test_huge_headers_and_nonsense_are_refused() -> None:
    with BackgroundServer(site().app) as server:
        port = httpx.URL(server.url).port
        for request in (
            b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
            b"\0\1\2nonsense\r\n\r\n",
            b"GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(request)
                answer = connection.recv(4_096)
                assert answer[:10] in (b"HTTP/1.1 4", b"")
        assert httpx.get(server.url).status_code == 200


def test_an_idle_episode_is_recorded_although_nobody_visits(tmp_path: Path) -> None:
    client = site(Sessions(5, max_idle_s=0.6), record=tmp_path / "a.jsonl")
    with BackgroundServer(client.app) as server, httpx.Client(follow_redirects=True) as person:
        page = person.post(server.url + "start")
        form = {"page": page_name(page.text), "action": "search", "query": "lamp"}
        assert person.post(f"{page.url}act", data=form).status_code == 200
        deadline = time.monotonic() + 20
        while not (tmp_path / "a.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        (trace,) = read_traces(tmp_path / "a.jsonl")
        assert trace.actions == ("search[lamp]",)


def test_a_site_on_the_loopback_is_called_localhost() -> None:
    """A name that leads to this machine (DNS rebinding) is another site."""
    with BackgroundServer(site().app) as server:
        port = httpx.URL(server.url).port
        for host, status in (
            ("evil.example", 403),
            (f"evil.example:{port}", 403),
            ("127.0.0.1.evil.example", 403),
            (f"localhost:{port}", 200),
            (f"127.0.0.1:{port}", 200),
            (f"[::1]:{port}", 200),
        ):
            assert httpx.get(server.url, headers={"host": host}).status_code == status, host


def test_a_proxy_may_give_other_names() -> None:
    app = create_app(Sessions(5), lobby=lobby(), hosts=["Shop.example"])
    with BackgroundServer(app) as server:
        named = {"host": "shop.example"}
        assert httpx.get(server.url, headers=named).status_code == 200
        for headers in (named, {}):  # the proxy passes the name on, or does not
            sent = {**headers, "origin": "https://shop.example"}
            assert httpx.post(server.url + "start", headers=sent).status_code == 303
        assert httpx.get(server.url, headers={"host": "evil.example"}).status_code == 403


def test_a_taken_port_is_said() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"Cannot listen at 127.0.0.1, port {port}"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_is_none_is_said(port: int) -> None:
    with pytest.raises(ValueError, match="A port is a number from 0 to 65535"):
        listen("127.0.0.1", port)


def test_small_answers_do_not_wait() -> None:
    """A connection that is answered must send at once (TCP_NODELAY), or each page takes 40 ms."""
    with BackgroundServer(site().app) as server, httpx.Client() as client:
        client.get(server.url)
        times = [client.get(server.url).elapsed.total_seconds() for _ in range(60)]
    assert min(times) < 0.03


def test_addresses() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert address_of(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}/"


def started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "t2po_gym.cli.main", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_stopped(tmp_path: Path, how: signal.Signals) -> None:
    record = tmp_path / "played.jsonl"
    words = ("serve", "webshop", "--port", "0", "--rules", "exact", "--split", "test")
    process = started(*words, "--record", str(record))
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split(" at ")[1].split(" ")[0]
        assert line == f"WebShop is at {url} (Ctrl-C stops it)\n"
        with httpx.Client(follow_redirects=True) as client:
            page = client.post(url + "start", data={"split": "test"})
            name = page.text.split('data-page="')[1][:16]
            form = {"page": name, "action": "search", "query": "lamp"}
            assert client.post(f"{page.url}act", data=form).status_code == 200
    finally:
        process.send_signal(how)
    out, errors = process.communicate(timeout=30)
    assert (out, errors) == ("", "")
    if how is signal.SIGINT:
        assert process.returncode == 0
    (trace,) = read_traces(record)
    assert trace.env_kwargs == {"catalogue": "default", "rules": "exact", "split": "test"}
    assert replay(trace) == trace


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--catalogue", "nowhere"], "catalogue 'nowhere' is neither a file nor a folder"),
        (["--max-sessions", "0"], "--max-sessions must be at least 1; got 0"),
        (["--set", "page_size=0"], "page_size"),
        (["--set", "colour=red"], "t2po/WebShop-v0 knows no 'colour'; it has catalogue, "),
        (["--record", "played.txt"], "NAME.jsonl, NAME.jsonl.gz or a folder; got played.txt"),
    ],
)
def test_wrong_arguments_are_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from t2po_gym.cli.main import main

    assert main(["serve", "webshop", *words]) == 1
    errors = capsys.readouterr().err
    assert sentence in errors
    assert errors.count("\n") == 1


SMALL = ["--rules", "exact", "--catalogue", "generated:300"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (SMALL, ["dev", "test", "all"]),
        ([*SMALL, "--split", "all"], ["all", "dev", "test"]),
        ([], ["train", "dev", "test", "all"]),
    ],
)
def test_splits_without_tasks_are_not_offered(words: list[str], offered: list[str]) -> None:
    parser = argparse.ArgumentParser()
    webshop.add_arguments(parser)
    app, sessions = webshop.shop_app(parser.parse_args(words))
    client = TestClient(app, follow_redirects=False)
    assert re.findall('<option value="([a-z]+)"', client.get("/").text)[: len(offered)] == offered
    for fields in ({}, *({"split": split} for split in offered)):
        assert client.post("/start", data=fields).status_code == 303
    assert client.post("/start", data={"split": "train"}).status_code == (400 if words else 303)
    sessions.close()


def test_a_named_split_without_tasks_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from t2po_gym.cli.main import main

    assert main(["serve", "webshop", *SMALL, "--split", "train"]) == 1
    assert "use split='test' or split='dev' or split='all'" in capsys.readouterr().err


def test_other_machines_are_warned_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from t2po_gym.cli.main import main

    monkeypatch.setattr("t2po_gym.server.running.run_until_interrupted", lambda *_, **__: None)
    assert main(["serve", "webshop", "--host", "0.0.0.0"]) == 0
    assert "there is no password" in capsys.readouterr().err
