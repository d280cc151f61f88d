"""A policy behind an endpoint that misbehaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from chat_stub import ChatStub, answer_to, chat_stub

pytest.importorskip("httpx", reason="needs the extra eval")

from t2po_gym.evaluation import endpoint
from t2po_gym.evaluation.endpoint import (
    ChatSettings,
    EndpointError,
    EndpointPolicy,
    read_answer,
    read_pause,
)
from t2po_gym.evaluation.journal import EPISODES, PLAN, read_episodes
from t2po_gym.evaluation.policies import Seen

KEY = "sk-very-secret-0123456789"
PROMPT = "Speak. Actions: go[attic] | go[cellar]"


def seen(prompt: str = PROMPT) -> Seen:
    return Seen(prompt=prompt, observation="", info={})


def policy(stub: ChatStub, **how: Any) -> EndpointPolicy:
    how = {"retries": 3, "timeout_s": 5.0, **how}
    return EndpointPolicy(ChatSettings(url=stub.url, model="stub", **how))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_PAUSE", 0.001)


def test_a_reply_and_its_counts() -> None:
    with chat_stub() as stub:
        reply = policy(stub, key=KEY).reply(seen())
        expected = answer_to(PROMPT)["choices"][0]["message"]["content"]
        assert reply.text == expected
        assert (reply.prompt_tokens, reply.reply_tokens) == (len(PROMPT), len(expected))
        assert stub.keys == {f"Bearer {KEY}"}


def test_faults_that_pass_are_tried_again() -> None:
    with chat_stub(faulty=True, hang_s=1.0) as stub:
        asking = policy(stub, timeout_s=0.4)
        for number in range(60):
            prompt = f"{number}. {PROMPT}"
            text = answer_to(prompt)["choices"][0]["message"]["content"]
            assert asking.reply(seen(prompt)).text == text
        assert set(stub.seen_faults) == {"429", "500", "hang", "garbage", "half", "shape", "drop"}


def test_faults_that_stay_end_in_a_sentence() -> None:
    with chat_stub() as stub:
        stub.always = (500, b"")
        with pytest.raises(EndpointError, match="failed 4 times, at last since it answered 500"):
            policy(stub).reply(seen())
        assert stub.tries[PROMPT] == 4
        stub.always = (401, f"wrong key {KEY}".encode())
        with pytest.raises(EndpointError, match=r"answered 401: wrong key \[key\]"):
            policy(stub, key=KEY).reply(seen())
        assert stub.tries[PROMPT] == 5, "this does not pass, so it is not tried again"


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MOST_BYTES", 1_000)
    with chat_stub() as stub:
        stub.always = (200, b"x" * 5_000)
        with pytest.raises(EndpointError, match="more than 1,000 bytes"):
            policy(stub).reply(seen())


def test_the_pause_grows_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(endpoint, "FIRST_PAUSE", 0.5)
    monkeypatch.setattr(endpoint.time, "sleep", pauses.append)
    with chat_stub() as stub:
        stub.always = (500, b"")
        with pytest.raises(EndpointError):
            policy(stub, retries=10).reply(seen())
    assert len(pauses) == 10
    for tried, pause in enumerate(pauses):
        assert min(60.0, 0.25 * 2**tried) <= pause <= min(60.0, 0.5 * 2**tried)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b'{"choices": null}',
        b'{"choices": [{"message": {"content": 3}}]}',
        b'{"choices": [{"message": []}]}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_no_completion(data: bytes) -> None:
    with pytest.raises(endpoint._Passing):
        read_answer(data)


def test_counts_that_are_none() -> None:
    def counts(usage: str) -> tuple[int | None, int | None]:
        body = f'{{"choices": [{{"message": {{"content": null}}}}], "usage": {usage}}}'
        reply = read_answer(body.encode())
        assert reply.text == ""
        return reply.prompt_tokens, reply.reply_tokens

    assert counts('{"prompt_tokens": 3, "completion_tokens": 0}') == (3, 0)
    assert counts('{"prompt_tokens": -3, "completion_tokens": 1.5}') == (None, None)
    assert counts('{"prompt_tokens": true, "completion_tokens": "4"}') == (None, None)
    assert counts("[1]") == (None, None)
    assert read_pause("inf") is None
    assert read_pause("3.5") == 3.5


def test_nothing_secret_is_described() -> None:
    how = ChatSettings(url="https://me:pw@host:8443/v1/?token=abc", model="m", key=KEY)
    told = f"{EndpointPolicy(how).describe()} {how!r}"
    assert "https://host:8443/v1'" in told
    assert not [word for word in (KEY, "pw@") if word in str(EndpointPolicy(how).describe())]
    assert KEY not in told
    for bad in ("ftp://host", "host:80", ""):
        with pytest.raises(ValueError, match="must be http"):
            ChatSettings(url=bad, model="m")


def test_64_episodes_at_once_killed_twice(tmp_path: Path) -> None:
    """The files come out as those of an undisturbed run, and the key is in none of them."""
    with chat_stub(faulty=True, hang_s=1.5, delay_s=0.05) as stub:
        words = ["eval", "t2po/ToyKeys-v0", "--endpoint", stub.url, "--model", "stub"]
        words += ["--tasks", "150", "--concurrency", "64", "--timeout", "1", "--out"]
        command = [sys.executable, "-m", "t2po_gym.cli.main", *words]
        env = {**os.environ, "OPENAI_API_KEY": KEY}
        whole, killed = tmp_path / "whole", tmp_path / "killed"
        for _ in range(2):
            before = len(list(read_episodes(killed)))
            run = subprocess.Popen([*command, str(killed)], env=env, stdout=subprocess.DEVNULL)
            while run.poll() is None and len(complete(killed)) <= before:
                time.sleep(0.002)
            assert run.poll() is None, "it ended before it could be killed"
            run.send_signal(signal.SIGKILL)
            run.wait()
        said = subprocess.run([*command, str(killed)], env=env, capture_output=True, check=True)
        subprocess.run([*command, str(whole)], env=env, capture_output=True, check=True)
        assert stub.most_busy >= 16, "episodes are played at once"
    for name in (PLAN, EPISODES):
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), name
    assert KEY.encode() not in said.stdout + said.stderr
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def complete(folder: Path) -> bytes:
    path = folder / EPISODES
    return b"\n" * path.read_bytes().count(b"\n") if path.is_file() else b""
