"""The part of docs/results.md on hesitation: tables from what two benchmarks measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
HESITATION, CLOSING = RESULTS / "hesitation.json", RESULTS / "closing.json"
RULES = {
    "never": "never",
    "TTI": "TTI",
    "oracle": "oracle: behind the last informative step",
    "random": "random token, as often as TTI",
}


def percent(value: float) -> str:
    """Write a share as a percentage."""
    return f"{100 * value:.1f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table and an empty one."""
    shown = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in (head, *rows)]
    lines = [f"| {row} |" for row in shown]
    return [lines[0], "|---" * len(head) + "|", *lines[1:], ""]


def areas(found: Mapping[str, Any]) -> list[str]:
    """Return the areas under the curve of all signals, for tokens and for turns."""
    lines: list[str] = []
    for title, of in (
        ("the thought is past its last informative step", lambda e: e["token_auc"]),
        ("the turn makes no progress", lambda e: e["turn_auc"]["stuck"]),
        ("the turn leads to a state seen before", lambda e: e["turn_auc"]["repeated"]),
    ):
        columns = {env: of(one) for env, one in found.items()}
        names = next(iter(columns.values()))
        rows = [[name, *(f"{values[name]:.2f}" for values in columns.values())] for name in names]
        lines += table([f"area under the curve: {title}", *columns], rows)
    return lines


def rules(found: Mapping[str, Any]) -> list[str]:
    """Return how good the rules are beside rivals that fire as often."""
    measures = ("fires_on", "precision", "recall", "useless_tokens_saved")
    closing = [
        [env, name, *(percent(row[measure]) for measure in measures)]
        for env, one in found.items()
        for name, row in one["closing"].items()
        if row["fires_on"]
    ]
    head = ["environment", "closes by", "fires on", "precision", "recall", "useless tokens saved"]
    lines = table(head, closing)
    turns = [
        [env, name, *(percent(row[measure]) for measure in measures[:3])]
        for env, one in found.items()
        for name, row in one["resampling"]["stuck"].items()
    ]
    head = ["environment", "samples again by", "fires on", "precision (no progress)", "recall"]
    return lines + table(head, turns)


def kinds(found: Mapping[str, Any]) -> list[str]:
    """Return the means of the signals by the kind of sentence."""
    names = ("window mean of |dM|", "M", "H")
    rows = [
        [env, kind, percent(row["share of tokens"]), *(f"{row[name]:.3f}" for name in names)]
        for env, one in found.items()
        for kind, row in one["by_kind"].items()
    ]
    return table(["environment", "tokens of", "share", *names], rows)


def cuts(found: Mapping[str, Any]) -> list[str]:
    """Return what it is worth to close thoughts by each rule."""
    rows = []
    for env, one in found.items():
        for rule, row in one.items():
            low, high = 100 * row["success_low"], 100 * row["success_high"]
            success = f"{percent(row['success'])} ({low:.0f}-{high:.0f})"
            cost = [f"{row['tokens']:.0f}", f"{row['think_tokens']:.1f}", percent(row["valid"])]
            rows.append([env, RULES[rule], percent(row["closed_by_the_rule"]), success, *cost])
    head = ["environment", "thoughts closed", "on", "success (95 %)", "tokens per episode"]
    return table([*head, "thinking tokens per turn", "valid turns"], rows)


def section() -> list[str]:
    """Return the lines on hesitation; none where nothing was measured."""
    lines: list[str] = []
    if HESITATION.is_file():
        found = json.loads(HESITATION.read_text(encoding="utf-8"))
        counts = ", ".join(
            f"{env} {one['turns']:,} turns ({percent(one['stuck_turns'])} without progress, "
            f"{percent(one['repeated_turns'])} to a state seen before; "
            f"{percent(one['share_of_tokens_past_the_last_information'])} of the thinking tokens "
            "past the last informative step)"
            for env, one in found.items()
        )
        lines += ["## Do the signals see hesitation?", ""]
        lines += [f"`python benchmarks/hesitation.py`: {counts}.", ""]
        lines += ["![Areas under the curve](img/hesitation.png)", ""]
        lines += areas(found) + rules(found) + kinds(found)
    if CLOSING.is_file():
        lines += ["## What would a perfect rule be worth?", ""]
        lines += ["`python benchmarks/closing.py`: the cold starts on 200 test tasks, greedy.", ""]
        lines += cuts(json.loads(CLOSING.read_text(encoding="utf-8")))
    return lines
