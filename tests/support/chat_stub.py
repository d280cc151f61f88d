"""A chat server for tests that answers by a fixed rule, and misbehaves on demand."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = ("429", "500", "hang", "garbage", "half", "shape", "drop")


class ChatStub(ThreadingHTTPServer):
    """Answers every prompt with one of the actions it lists; which one, the prompt decides.

    Args:
        faulty: whether most prompts fail in some way before they are answered.
        hang_s: how long it stays silent where it hangs.
        delay_s: how long it thinks about every answer.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, faulty: bool = False, hang_s: float = 2.0, delay_s: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.faulty, self.hang_s, self.delay_s = faulty, hang_s, delay_s
        self.always: tuple[int, bytes] | None = None
        self.tries: Counter[str] = Counter()
        self.seen_faults: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.lock = threading.Lock()
        self.busy = self.most_busy = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


@contextmanager
def chat_stub(**how: Any) -> Iterator[ChatStub]:
    server = ChatStub(**how)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def answer_to(prompt: str) -> dict[str, Any]:
    """Return the fixed answer to a prompt; every fifth has counts that are none."""
    number = int.from_bytes(sha256(prompt.encode()).digest()[:8], "big")
    listed = prompt.rpartition("Actions: ")[2].split(" | ")
    action = listed[number % len(listed)].replace("<text>", "a thing")
    text = f"<think>{number % 97}</think><action>{action}</action>"
    usage: Any = {"prompt_tokens": len(prompt), "completion_tokens": len(text)}
    if number % 5 == 0:
        usage = [
            {"prompt_tokens": -3, "completion_tokens": "many"},
            {"prompt_tokens": 1e300, "completion_tokens": True},
            "none",
            None,
        ][number % 4]
    return {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage}


class _Handler(BaseHTTPRequestHandler):
    server: ChatStub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        stub = self.server
        with stub.lock:
            stub.busy += 1
            stub.most_busy = max(stub.most_busy, stub.busy)
        try:
            self._answer()
        finally:
            with stub.lock:
                stub.busy -= 1

    def _answer(self) -> None:
        stub = self.server
        if stub.delay_s:
            time.sleep(stub.delay_s)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = body["messages"][-1]["content"]
        with stub.lock:
            tried = stub.tries[prompt]
            stub.tries[prompt] += 1
            stub.keys.add(self.headers.get("authorization", ""))
        if stub.always is not None:
            self._send(stub.always[0], stub.always[1])
            return
        number = int.from_bytes(sha256(b"fault" + prompt.encode()).digest()[:4], "big")
        if stub.faulty and tried < number % 3:
            fault = FAULTS[(number // 3 + tried) % len(FAULTS)]
            with stub.lock:
                stub.seen_faults[fault] += 1
            self._fail(fault)
            return
        self._send(200, json.dumps(answer_to(prompt)).encode())

    def _fail(self, fault: str) -> None:
        if fault == "429":
            self._send(429, b"{}", {"retry-after": "0"})
        elif fault == "500":
            self._send(503, b"<html>busy</html>", {"retry-after": "0.01"})
        elif fault == "hang":
            time.sleep(self.server.hang_s)
            self.close_connection = True
        elif fault == "garbage":
            self._send(200, b"\xff\xfe not json")
        elif fault == "shape":
            self._send(200, b'{"choices": []}')
        elif fault == "half":
            self._send(200, b'{"choices": [{"mess', {"content-length": "4000"})
            self.close_connection = True
        else:
            self.close_connection = True  # no answer at all

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
