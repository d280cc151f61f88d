"""A leaderboard for tests: three families, five tracks, eight entries, and texts that mean harm."""

from __future__ import annotations

from typing import Any

from leaderboards.pages.pages import build_pages
from leaderboards.pages.viewer import chunk_script, head_of, index_script

IMAGE = "<img src=x onerror=\"document.title='harmed'\">"
SCRIPT = "</script><script>document.title='harmed'</script>"
TEMPLATE = "{{7*7}}{% raw %}"
LONG = "W" * 300
TURNED = "\u202eright to left\u2066 and back \u2028 lines"
HOSTILE = (IMAGE, SCRIPT, TEMPLATE, LONG, TURNED)
HASH = "3f" * 32
PER_CHUNK = 5

FIRST = "20261130_t2po-gym_gigpo-webshop"
HARM = "20261201_stranger_harm"
EXPERT = "20261202_t2po-gym_expert"
IDLE = "20261208_nobody_idle"


def track(name: str, title: str, family: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": title,
        "environment": f"t2po/{family.replace(' ', '')}-v0",
        "family": family,
        "summary": "The fixed panel of generated tasks.",
        "rules": ["Every task of the panel is played.", "Hidden state is not read."],
        "tasks": 12,
        "trials": 1,
        "max_turns": 8,
        "primary": "success",
        "panel_sha256": HASH,
        "data": "c0ffee-42",
        "parsers": ["tagged"],
        "fresh": False,
        **changes,
    }


def entry(folder: str, name: str, parameters: int | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "folder": folder,
        "name": name,
        "org": folder.split("_")[1],
        "date": "2026-11-30",
        "url": "https://example.org/agents?a=1&b=2",
        "kind": "trained",
        "privileged": False,
        "model": {
            "name": "tiny-policy",
            "revision": "r1",
            "parameters": parameters,
            "open_weights": True,
            "url": "",
        },
        "training": {
            "algorithm": "gigpo",
            "initial_checkpoint": "builtin:webshop-cold-start",
            "environments": ["t2po/WebShop-v0"],
            "train_panel_sha256": HASH,
            "overlap": "none, other goals",
            "seeds": [0, 1],
            "tokens": 123456,
            "uses_progress_rewards": False,
            "uses_privileged_info": False,
        },
        "scaffold": {
            "kind": "standard",
            "template": "default",
            "template_sha256": HASH,
            "history": 2,
            "list_actions": True,
            "parser": "tagged",
        },
        "decoding": {
            "temperature": 0.0,
            "top_p": 1.0,
            "max_tokens": 64,
            "tti": True,
            "tds": False,
        },
        "software": {"version": "0.1.0", "commit": "c668b0b", "dirty": False},
        "hardware": "one CPU core",
        "cost_usd": 1.5,
        "readme": "# How\n\nTrained for two hours.",
        **changes,
    }


def row(kind: str, success: float, score: float, **changes: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "tasks": 12,
        "episodes": 12,
        "success": success,
        "success_low": max(0.0, success - 0.07),
        "success_high": min(1.0, success + 0.06),
        "score": score,
        "score_low": max(0.0, score - 0.05),
        "score_high": min(1.0, score + 0.05),
        "progress": min(1.0, score + 0.02),
        "turns": 4.7,
        "invalid": 0.013,
        "tokens": 1115.4,
        "pass_at_k": success,
        "pass_hat_k": success,
        **changes,
    }


def result(name: str, folder: str, success: float, score: float, **changes: Any) -> dict[str, Any]:
    return {
        "track": name,
        "submission": folder,
        "badge": "L1",
        "trials": 3 if name == "alfworld-unseen" else 1,
        "rows": [
            row("all", success, score),
            row("pick_and_place", success, score, tasks=7, episodes=7),
            row("look_at_object", success, score, tasks=5, episodes=5),
        ],
        "success_by_turn": [0.0, 0.1, 0.3, 0.5, 0.6, success],
        "progress_by_turn": [0.0, 0.2, 0.35, 0.5, 0.62, 0.7, 0.8],
        "expert_similarity": 0.31,
        "nearest": {"submission": HARM if folder == FIRST else FIRST, "share": 0.12},
        **changes,
    }


def tracks() -> list[dict[str, Any]]:
    return [
        track("webshop-compact", "WebShop, compact", "WebShop"),
        track("webshop-full", "WebShop, full", "WebShop", primary="score", max_turns=15),
        track("alfworld-unseen", "ALFWorld, unseen rooms", "ALFWorld", trials=3, max_turns=50),
        track("searchqa-generated", "Search QA, generated", "Search QA", rules=[IMAGE]),
        track("searchqa-fresh", "Search QA, fresh", "Search QA", fresh=True),
    ]


def submissions() -> list[dict[str, Any]]:
    prompted = {"kind": "prompted", "training": None}
    return [
        entry(FIRST, "GiGPO, small policy", 800_000, date="2026-11-30"),
        entry(
            HARM,
            IMAGE,
            org=SCRIPT,
            url="javascript:alert(1)",
            hardware=TURNED,
            readme="\n".join(HOSTILE),
        ),
        entry(EXPERT, "Scripted expert", kind="scripted", privileged=True, model=None)
        | {"training": None, "cost_usd": None, "url": ""},
        entry("20261203_lab_t2po-4b", "T2PO, four billion", 4_022_000_000),
        entry("20261204_lab_prompted-32b", "Prompted " + TEMPLATE, 32_500_000_000, **prompted),
        entry("20261205_lab_closed", "Closed model " + TURNED, None, **prompted),
        entry("20261206_lab_random", "Random actions", kind="scripted", model=None, training=None),
        entry("20261207_lab_long", LONG, 1_500_000_000, org=LONG),
    ]


def results() -> dict[str, Any]:
    """Return all five tracks; `searchqa-fresh` has no entries."""
    folders = [each["folder"] for each in submissions()]
    lone = {"expert_similarity": None, "nearest": None}
    unknown = row("all", 0.5, 0.4, turns=None, invalid=None, tokens=None, episodes=9)
    found = [
        result("webshop-compact", folders[0], 0.73, 0.78, badge="L3"),
        result("webshop-compact", folders[1], 0.73, 0.6),
        result("webshop-compact", folders[2], 1.0, 1.0, badge="L2"),
        result("webshop-compact", folders[3], 0.81, 0.85),
        result("webshop-compact", folders[4], 0.2, 0.9, badge="L2"),
        result("webshop-compact", folders[5], 0.5, 0.4, rows=[unknown]) | lone,
        result("webshop-compact", folders[6], 0.0, 0.02, badge="L0", success_by_turn=[]),
        result("webshop-compact", folders[7], 0.64, 0.7),
        result("webshop-full", folders[3], 0.4, 0.5),
        result("webshop-full", folders[4], 0.3, 0.7),
        result("alfworld-unseen", folders[3], 0.9, 0.9),
        result("alfworld-unseen", folders[2], 0.99, 0.99) | lone,
        result("searchqa-generated", folders[1], 0.33, 0.41),
    ]
    return {
        "format": 1,
        "tracks": tracks(),
        "submissions": submissions(),
        "results": found,
        "reported": reported(),
    }


def reported() -> list[dict[str, Any]]:
    paper = {"system": "GiGPO", "model": "Qwen2.5-7B", "source": "arXiv 2505.10978, Table 1"}
    fault = "Validation goals are training goals of some worker."
    return [
        {"benchmark": "WebShop", "metrics": {"score": 84.4, "success": 72.8}, "fault": fault}
        | paper,
        {"benchmark": "ALFWorld", "metrics": {"success": 90.8}, "fault": ""} | paper,
        {"benchmark": IMAGE, "metrics": {"em": 43.1}, "fault": SCRIPT} | paper,
    ]


def turn(number: int, turns: int, **changes: Any) -> dict[str, Any]:
    return {
        "reply": f"<think>I look at shelf {number}.</think><action>look[{number}]</action>",
        "action": f"look[{number}]",
        "observation": f"You see shelf {number}.\nThere is a lamp on it.",
        "reward": float(number == turns),
        "score": float(number == turns),
        "progress": number / turns,
        "action_valid": True,
        "format_ok": True,
        "prompt_tokens": 200 + number,
        "reply_tokens": 17,
        "rejected_tokens": 0,
        "uncertainty": 0.25 * number,
        **changes,
    }


def episode(number: int) -> dict[str, Any]:
    """Return an episode of some turns; the first one is hostile throughout."""
    turns = 2 + number % 4
    played = [turn(place, turns) for place in range(1, turns + 1)]
    if number == 0:
        harm = {"reply": IMAGE + LONG, "action": SCRIPT, "observation": "\n".join(HOSTILE)}
        played[0] |= harm | {"action_valid": False, "uncertainty": None, "reply_tokens": None}
    return {
        "task_id": IMAGE + TURNED if number == 0 else f"task-{number:03d}",
        "task_type": SCRIPT if number == 0 else "pick_and_place",
        "trial": number % 2,
        "score": float(number % 3 > 0),
        "success": number % 3 > 0,
        "terminated": number % 3 > 0,
        "truncated": number % 3 == 0,
        "first": SCRIPT if number == 0 else "You are in a room.",
        "turns": played,
    }


def site() -> dict[str, bytes]:
    """Return the pages, and the episodes of the first entry on its track."""
    name = f"{FIRST}/webshop-compact"
    episodes = [episode(number) for number in range(12)]
    files = build_pages(results())
    files[f"episodes/{name}/index.js"] = index_script(name, PER_CHUNK, map(head_of, episodes))
    for chunk, start in enumerate(range(0, len(episodes), PER_CHUNK)):
        part = episodes[start : start + PER_CHUNK]
        files[f"episodes/{name}/{chunk}.js"] = chunk_script(name, chunk, part)
    return files
