"""The benchmark of the web site, briefly: every session gets its pages, and none an error."""

from __future__ import annotations

import random

import pytest
from benchmark_scripts import load_script

pytest.importorskip("uvicorn", reason="needs the extra 'serve'")
pytest.importorskip("psutil", reason="needs the extra 'test'")


def test_ten_sessions_for_two_seconds() -> None:
    found = load_script("web_site").measure(sessions=10, seconds=2.0)
    assert found["errors"] == 0, found["first_errors"]
    assert found["episodes"] >= 10
    assert found["requests"] >= 2 * found["episodes"]
    assert (
        0 < found["request_ms"]["p50"] <= found["request_ms"]["p95"] <= found["request_ms"]["p100"]
    )
    assert found["rss_after_mb"] - found["rss_before_mb"] < 40


def test_modes_are_measured_side_by_side() -> None:
    found = load_script("web_site").page_speed(pages=60)
    assert found["text"]["steps_per_cpu_second"] > found["html"]["steps_per_cpu_second"] > 0
    assert found["html"]["longest_chars"] > found["text"]["longest_chars"]


def test_a_shopper_presses_what_the_page_has() -> None:
    script, rng = load_script("web_site"), random.Random(0)
    page = (
        b'<html data-page="0123"><button name="action" value="click[&lt; prev]">'
        b'<button name="action" value="search">'
    )
    forms = [script.something(page, rng) for _ in range(200)]
    assert {form["page"] for form in forms} == {"0123"}
    assert {form["action"] for form in forms} == {"search", "click[< prev]"}
    assert {form["query"] for form in forms if form["action"] == "search"} <= set(script.WORDS)
