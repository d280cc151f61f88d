#!/usr/bin/env python3
"""Whether this image can do its work: the service starts, gets healthy, and finds a passage."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request

ADDRESS = "http://127.0.0.1:8000"
SERVE = ["t2po-gym", "serve", "retrieval", "--engine", "lucene", "--corpus", "generated:1000"]
SECONDS = 180


def wait_until_healthy(server: "subprocess.Popen[bytes]") -> dict[str, object]:
    """Return what the service says of itself once it answers."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{ADDRESS}/health", timeout=4) as answer:
                return dict(json.load(answer))
        except urllib.error.URLError:
            time.sleep(0.2)
    raise SystemExit("the service did not start")


def search(query: str) -> list[str]:
    """Return the beginnings of the passages found."""
    body = json.dumps({"query": query, "topk": 3}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{ADDRESS}/retrieve", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        (hits,) = json.load(answer)["result"]
    return [hit["contents"][:60] for hit in hits]


def main() -> None:
    """Start the service, ask it, stop it."""
    assert os.getuid() != 0, "runs as root"
    with subprocess.Popen(SERVE) as server:
        try:
            print(f"user {os.getuid()}:", wait_until_healthy(server))
            found = search("the town of the university")
            assert len(found) == 3, found
            print(*found, sep="\n")
        finally:
            server.terminate()


main()
