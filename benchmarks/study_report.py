"""From the kept logs of a study to its page: one table, one figure, the statistics of rliable.

Success comes as a mean over the panel's tasks and the seeds. Its interval is a stratified bootstrap
over both, as `rliable` does it (Agarwal et al. 2021): runs are drawn again for every task. The
interquartile mean and the probability of improvement are over environments x seeds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import hesitation_report
import matplotlib
import numpy as np
from rliable import library, metrics
from study_cells import COLD_START, ROOT, Cell, Study, read_log

from baselines.config import TITLES

matplotlib.use("Agg")

from matplotlib import pyplot as plt

PAGE = ROOT / "docs" / "results.md"
FIGURES = ROOT / "docs" / "img"
REPS = 2_000
COLOURS = ("#2563eb", "#d97706", "#059669", "#7c3aed", "#db2777", "#475569")


def finished(study: Study) -> dict[tuple[str, str], list[Cell]]:
    """Return the finished cells by (environment, arm), seeds in order."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in study.cells():
        if cell.done:
            found.setdefault((cell.env, cell.arm), []).append(cell)
    return found


def final_rows(cells: Sequence[Cell], thinking: bool) -> list[dict[str, Any]]:
    """Return the last test evaluation of every cell, with TTI or without."""
    rows = []
    for cell in cells:
        played = [
            row
            for row in read_log(cell, "evaluations.jsonl")
            if row["split"] == "test" and row["thinking"] == thinking
        ]
        rows += played[-1:]
    return rows


def solved(rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Return which tasks of the panel each run solved [runs, tasks]."""
    return np.array([[float(bit) for bit in row["solved"]] for row in rows])


def estimates(scores: Mapping[str, Any], measure: Callable[..., Any]) -> tuple[Any, Any]:
    """Return point estimates and 95 % stratified bootstrap intervals, the same ones every time."""
    before = np.random.get_state()  # noqa: NPY002 - rliable draws from the global state
    np.random.seed(0)  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            # rliable hands on an argument that a library beneath it is going to rename.
            warnings.simplefilter("ignore", FutureWarning)
            return library.get_interval_estimates(
                scores, measure, reps=REPS, random_state=np.random.RandomState(0)
            )
    finally:
        np.random.set_state(before)  # noqa: NPY002


def interval(scores: np.ndarray) -> tuple[float, float]:
    """Return the 95 % stratified bootstrap interval of the mean of scores [runs, tasks]."""
    _, bounds = estimates({"": scores}, lambda x: np.array([metrics.aggregate_mean(x)]))
    return float(bounds[""][0, 0]), float(bounds[""][1, 0])


def collapsed(cell: Cell) -> bool:
    """Whether held-out success fell to half of its best during training."""
    dev = [r["success"] for r in read_log(cell, "evaluations.jsonl") if r["split"] == "dev"]
    best = np.maximum.accumulate(dev) if dev else np.zeros(0)
    return bool(np.any(np.array(dev) < 0.5 * best))


def percent(value: float) -> str:
    """Write a share as a percentage."""
    return f"{100 * value:.1f} %"


def table(study: Study, found: Mapping[tuple[str, str], Sequence[Cell]]) -> list[str]:
    """Return the lines of the study's table."""
    lines = [
        "| environment | | runs | success, TTI off (95 %) | success, TTI on | score | tokens per "
        "episode | turns | useful tokens | TTI, TDS fire on | collapsed |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for env in study.presets:
        for arm in (COLD_START, *study.arms):
            cells = found.get((env, arm), [])
            if not cells:
                continue
            off, on = final_rows(cells, thinking=False), final_rows(cells, thinking=True)
            bits = solved(off)
            low, high = interval(bits) if len(off) > 1 else (np.nan, np.nan)
            bounds = f" ({100 * low:.1f}-{100 * high:.1f})" if len(off) > 1 else ""
            fires = [trained(rows) for rows in map(metrics_of, cells) if rows]
            lines.append(
                f"| {env} | {TITLES.get(arm, arm)} | {len(cells)} | {percent(bits.mean())}{bounds} "
                f"| {percent(solved(on).mean()) if on else ''} "
                f"| {np.mean([row['score'] for row in off]):.3f} "
                f"| {np.mean([row['tokens'] for row in off]):.0f} "
                f"| {np.mean([row['turns'] for row in off]):.2f} "
                f"| {percent(np.mean([f['useful'] for f in fires])) if fires else ''} "
                f"| {firing(fires) if fires else ''} "
                f"| {sum(map(collapsed, cells)) if fires else ''} |"
            )
    return lines


def metrics_of(cell: Cell) -> list[dict[str, Any]]:
    """Return the training metrics of a cell."""
    return read_log(cell, "metrics.jsonl")


def trained(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return means over a run's steps."""
    return {
        "useful": float(np.mean([row["useful_tokens"] for row in rows])),
        "tti": float(np.mean([row["tti_rate"] for row in rows])),
        "tds": float(np.mean([row["tds_rate"] for row in rows])),
    }


def firing(fires: Sequence[Mapping[str, float]]) -> str:
    """Return how often the two mechanisms fired, empty where they are no part of the arm."""
    tti, tds = (float(np.mean([f[name] for f in fires])) for name in ("tti", "tds"))
    return f"{percent(tti)}, {percent(tds)}" if tti or tds else ""


def over_environments(study: Study, found: Mapping[tuple[str, str], Sequence[Cell]]) -> list[str]:
    """Return the lines on environments x seeds: interquartile mean, probability of improvement."""
    scores = {}
    for arm in study.arms:
        columns = [final_rows(found.get((env, arm), []), False) for env in study.presets]
        runs = min(map(len, columns))
        if runs > 1:
            scores[arm] = np.array([[c[i]["success"] for c in columns] for i in range(runs)])
    if study.baseline not in scores or len(scores) < 2:
        return []
    iqm, bounds = estimates(scores, lambda x: np.array([metrics.aggregate_iqm(x)]))
    pairs = {f"{arm},": (scores[arm], scores[study.baseline]) for arm in scores}
    chance, chances = estimates(pairs, metrics.probability_of_improvement)
    base = TITLES.get(study.baseline, study.baseline)
    lines = [
        f"| | interquartile mean (95 %) | probability of improvement on {base} (95 %) |",
        "|---|---|---|",
    ]
    for arm in scores:
        low, high = bounds[arm][:, 0]
        worst, best = np.ravel(chances[f"{arm},"])
        better = f"{float(np.ravel(chance[f'{arm},'])[0]):.2f} ({worst:.2f}-{best:.2f})"
        lines.append(
            f"| {TITLES.get(arm, arm)} | {percent(iqm[arm][0])} ({100 * low:.1f}-{100 * high:.1f}) "
            f"| {'' if arm == study.baseline else better} |"
        )
    return lines


def curve(cells: Sequence[Cell], grid: np.ndarray) -> np.ndarray:
    """Return training success over generated tokens, one smoothed row per run [runs, points]."""
    rows = []
    for cell in cells:
        steps = metrics_of(cell)
        success = np.array([row["success"] for row in steps])
        smooth = np.array([success[max(0, i - 4) : i + 1].mean() for i in range(len(success))])
        rows.append(np.interp(grid, [row["generated_tokens"] for row in steps], smooth))
    return np.array(rows)


def draw(study: Study, found: Mapping[tuple[str, str], Sequence[Cell]], path: Path) -> None:
    """Draw the learning curves: mean over seeds, band from the least to the most."""
    figure, axes = plt.subplots(
        1, len(study.presets), figsize=(4.6 * len(study.presets), 3.4), dpi=110, squeeze=False
    )
    for axis, env in zip(axes[0], study.presets, strict=True):
        for arm, colour in zip(study.arms, COLOURS * 3, strict=False):
            cells = found.get((env, arm), [])
            if not cells:
                continue
            end = min(metrics_of(cell)[-1]["generated_tokens"] for cell in cells)
            grid = np.linspace(0.05 * end, end, 40)
            rows = 100 * curve(cells, grid)
            axis.plot(grid / 1e3, rows.mean(axis=0), color=colour, label=TITLES.get(arm, arm))
            axis.fill_between(
                grid / 1e3, rows.min(axis=0), rows.max(axis=0), color=colour, alpha=0.15, lw=0
            )
        axis.set_title(env, loc="left", fontsize=10)
        axis.set_xlabel("generated tokens (thousands)", fontsize=8)
        axis.set_ylabel("success in training (%)", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=7, frameon=False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", metadata={"Software": None})
    plt.close(figure)


def section(study: Study) -> list[str]:
    """Return the lines of one study; of an unfinished one only how far it is."""
    found = finished(study)
    total = [cell for cell in study.cells() if cell.arm != COLD_START]
    done = [cell for cell in total if cell.done]
    if not done:
        return []
    budget = ", ".join(f"{env} {tokens:,}" for env, tokens in study.budgets.items() if tokens)
    lines = [f"## {study.title}", ""]
    lines.append(
        f"`python benchmarks/study.py --preset {study.name}`; {len(done)} of {len(total)} runs are "
        f"finished. {f'Generated tokens per run: {budget}.' if budget else ''}".rstrip()
    )
    if len(done) < len(total):
        return [*lines, "The table comes when all are: fewer seeds would only tell anecdotes.", ""]
    name = f"study_{study.name}.png"
    draw(study, found, FIGURES / name)
    lines += ["", *table(study, found), ""]
    wide = over_environments(study, found)
    if wide:
        lines += [*wide, ""]
    lines += [f"![Learning curves](img/{name})", ""]
    return lines


def write_report(studies: Mapping[str, Study]) -> None:
    """Write the generated part of docs/results.md, between its two marks."""
    text = PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- studies -->\n", "<!-- end of studies -->\n"
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    body = [line for study in studies.values() if study.name != "smoke" for line in section(study)]
    body += hesitation_report.section()
    PAGE.write_text(head + begin + "\n" + "\n".join(body) + end + tail, encoding="utf-8")
    print(f"written to {PAGE}")
