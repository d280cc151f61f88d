"""How many people can shop at once? Sessions on the web site at a person's pace.

    python benchmarks/web_site.py [--sessions 200] [--seconds 60]

`t2po-gym serve webshop` runs in a process of its own. Each session has a connection of its own and
does something every second on average (between half a second and one and a half): it presses a
random button of its page or searches. An action is two requests, as in a browser: the form is sent,
then the page it leads to is fetched. After a purchase the session begins another episode. Pictures
and the stylesheet, which browsers keep, are left out. Times are those the client sees, its own
waiting for a processor included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import psutil

from t2po_gym.evaluation.environment import make_env

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "site.json"
PACE_S = (0.5, 1.5)
TARGET_P95_MS = 50.0
WORDS = ("lamp", "women's dress", "coffee", "wireless speaker", "face cream", "men's boots", "rug")

BUTTON = re.compile(rb'name="action" value="([^"]*)"')
PAGE = re.compile(rb'data-page="([0-9a-f]+)"')


@dataclass
class Tally:
    """What the sessions measured."""

    requests_ms: list[float] = field(default_factory=list)
    actions_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    episodes: int = 0


class Connection:
    """One connection that stays open, and as much HTTP as the site speaks."""

    def __init__(self, host: str, port: int, tally: Tally) -> None:
        self._host, self._port, self._tally = host, port, tally
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Any:
        """Send a request; returns status, location and body."""
        body = urlencode(form).encode() if form is not None else b""
        kind = "content-type: application/x-www-form-urlencoded\r\n" if form is not None else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n"
            f"{kind}content-length: {len(body)}\r\n\r\n"
        )
        begun = time.perf_counter()
        self._writer.write(head.encode() + body)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        places = [line[10:] for line in lines if line.lower().startswith("location: ")]
        content = await self._reader.readexactly(int(headers["content-length"]))
        self._tally.requests_ms.append(1e3 * (time.perf_counter() - begun))
        return int(lines[0].split(" ")[1]), (places or [""])[0], content

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()


async def shop(connection: Connection, rng: random.Random, until: float, tally: Tally) -> None:
    """Play random episodes at a person's pace."""
    await connection.open()
    await asyncio.sleep(rng.uniform(0, PACE_S[1]))
    path, page = "", b""
    while time.perf_counter() < until:
        begun = time.perf_counter()
        if b'action="act"' not in page:  # not begun, or bought
            status, place, _ = await connection.ask("POST", "/start", {"split": "train"})
            path = f"/{place}"
            tally.episodes += 1
        else:
            status, _, _ = await connection.ask("POST", f"{path}act", something(page, rng))
        if status == 303:
            status, _, page = await connection.ask("GET", path)
        if status != 200:
            tally.errors.append(f"status {status} at {path}")
            page = b""
        taken = time.perf_counter() - begun
        tally.actions_ms.append(1e3 * taken)
        await asyncio.sleep(max(0.0, rng.uniform(*PACE_S) - taken))
    connection.close()


def something(page: bytes, rng: random.Random) -> dict[str, str]:
    """Return the form of a random button of a page, or of a search."""
    name = PAGE.search(page)
    assert name is not None
    buttons = [unescape(value.decode()) for value in BUTTON.findall(page)]
    action = rng.choice([b for b in buttons if b != "search"] or ["search"])
    if action == "search" or rng.random() < 0.2:
        return {"page": name[1].decode(), "action": "search", "query": rng.choice(WORDS)}
    return {"page": name[1].decode(), "action": action}


async def shop_all(host: str, port: int, sessions: int, seconds: float) -> Tally:
    """Run every session; an exception in one is an error, not the end of the others."""
    tally, until = Tally(), time.perf_counter() + seconds
    shoppers = [
        shop(Connection(host, port, tally), random.Random(number), until, tally)
        for number in range(sessions)
    ]
    for outcome in await asyncio.gather(*shoppers, return_exceptions=True):
        if isinstance(outcome, BaseException):
            tally.errors.append(repr(outcome))
    return tally


def measure(sessions: int, seconds: float) -> dict[str, Any]:
    """Serve, shop, and return the figures."""
    command = [sys.executable, "-m", "t2po_gym.cli.main", "serve", "webshop", "--port", "0"]
    command += ["--max-sessions", str(100 * sessions)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://([\d.]+):(\d+)/", server.stdout.readline())
        assert found is not None, "the server did not start"
        process = psutil.Process(server.pid)
        before, load = usage(process), os.getloadavg()
        own = time.process_time()
        tally = asyncio.run(shop_all(found[1], int(found[2]), sessions, seconds))
        own = time.process_time() - own
        after = usage(process)
    finally:
        server.terminate()
        server.wait(timeout=30)
    return {
        "sessions": sessions,
        "seconds": seconds,
        "load_before": [round(value, 2) for value in load],
        "errors": len(tally.errors),
        "first_errors": tally.errors[:5],
        "requests": len(tally.requests_ms),
        "episodes": tally.episodes,
        "request_ms": quantiles(tally.requests_ms),
        "action_ms": quantiles(tally.actions_ms),
        "server_cpu_share": round((after["cpu_s"] - before["cpu_s"]) / seconds, 3),
        "client_cpu_share": round(own / seconds, 3),
        "server_cpu_ms_per_request": round(
            1e3 * (after["cpu_s"] - before["cpu_s"]) / len(tally.requests_ms), 3
        ),
        "rss_before_mb": before["rss_mb"],
        "rss_after_mb": after["rss_mb"],
        "threads_after": after["threads"],
    }


def page_speed(pages: int = 4_000) -> dict[str, Any]:
    """Return what the mode ``html`` costs beside ``text``: CPU time of whole steps."""
    figures = {}
    for mode in ("text", "html"):
        env, rng = make_env("t2po/WebShop-v0", {"observation_mode": mode}), random.Random(0)
        longest, begun, ended, info = 0, time.process_time(), True, {}
        for _ in range(pages):
            if ended:
                observation, info = env.reset(seed=rng.randrange(2**31))
                ended = False
            else:
                actions = info["admissible_actions"]
                action = rng.choice([a for a in actions if "[<" not in a] or ["search"])
                if action == "search" or rng.random() < 0.2:
                    action = f"search[{rng.choice(WORDS)}]"
                observation, _, terminated, truncated, info = env.step(action)
                ended = terminated or truncated
            longest = max(longest, len(observation))
        taken = time.process_time() - begun
        figures[mode] = {"steps_per_cpu_second": round(pages / taken), "longest_chars": longest}
    return figures


def usage(process: psutil.Process) -> dict[str, float]:
    """Return processor time and memory of a process."""
    times, memory = process.cpu_times(), process.memory_info()
    return {
        "cpu_s": times.user + times.system,
        "rss_mb": round(memory.rss / 2**20, 1),
        "threads": process.num_threads(),
    }


def quantiles(times_ms: list[float]) -> dict[str, float]:
    """Return the middle and the tail of some times."""
    return {f"p{q}": round(float(np.percentile(times_ms, q)), 2) for q in (50, 95, 99, 100)}


def main() -> int:
    """Measure, write the JSON, and fail where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    options = parser.parse_args()
    found = {
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "pace": "one action per second and session, two requests each",
        **measure(options.sessions, options.seconds),
        "observation_modes": page_speed(),
    }
    print(json.dumps(found, indent=2))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if not found["errors"] and found["request_ms"]["p95"] < TARGET_P95_MS else 1


if __name__ == "__main__":
    sys.exit(main())
