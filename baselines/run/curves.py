"""The picture of a run: `curves.png`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt

matplotlib.use("Agg")  # a file, never a window

from matplotlib import pyplot as plt

__all__ = ["PANELS", "Panel", "draw_curves", "smooth"]

COLOURS = ("#2563eb", "#d97706", "#059669", "#7c3aed")
HELD_OUT = "#111827"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One small chart. Example: `Panel(title="Turns", keys={"turns": "per episode"})`."""

    title: str
    """Above the chart."""
    keys: dict[str, str]
    """Metric -> label."""
    percent: bool = False
    """Whether the values are shares of one."""
    held_out: str = ""
    """Key of the evaluations drawn as points, if any."""


PANELS = (
    Panel(title="Success", keys={"success": "training"}, percent=True, held_out="success"),
    Panel(title="Score and reward", keys={"score": "score", "reward": "reward"}, held_out="score"),
    Panel(title="Progress", keys={"progress": "at the end"}, held_out="progress"),
    Panel(title="Turns per episode", keys={"turns": "training"}, held_out="turns"),
    Panel(
        title="Tokens per episode",
        keys={"tokens": "all", "tds_rejected_tokens": "rejected by TDS"},
        held_out="tokens",
    ),
    Panel(title="Thinking tokens per turn", keys={"think_tokens": "training"}),
    Panel(
        title="Interventions",
        keys={"tti_rate": "TTI, of turns", "tds_rate": "TDS, of turns"},
        percent=True,
    ),
    Panel(
        title="Valid replies, own closings",
        keys={"valid": "valid", "closed_by_policy": "thought closed by policy"},
        percent=True,
    ),
    Panel(title="Entropy (nats)", keys={"entropy": "per token"}),
    Panel(title="KL to the sampler", keys={"approx_kl": "to sampler", "ref_kl": "to start"}),
    Panel(title="Gradient norm", keys={"grad_norm": "before clipping"}),
    Panel(
        title="Contrast",
        keys={"uniform_groups": "groups without", "useful_tokens": "useful tokens"},
        percent=True,
    ),
)
CRITIC = Panel(
    title="Critic",
    keys={"explained_variance": "explained variance", "value_loss": "value loss"},
)
"""Drawn instead of the interventions where there is a critic."""


def smooth(values: npt.ArrayLike, width: int = 5) -> np.ndarray:
    """Return the mean over the last `width` values at each position, nan left out."""
    array = np.asarray(values, dtype=np.float64)
    out = np.full(array.shape, np.nan)
    for i in range(len(array)):
        window = array[max(0, i - width + 1) : i + 1]
        if not np.isnan(window).all():
            out[i] = np.nanmean(window)
    return out


def draw_curves(
    path: Path, metrics: Sequence[dict[str, Any]], evaluations: Sequence[dict[str, Any]]
) -> None:
    """Draw every panel; faint lines are single steps, strong ones means over five.

    Args:
        path: the PNG to write.
        metrics: rows of metrics.jsonl.
        evaluations: rows of evaluations.jsonl; drawn as points with their 95 % interval.
    """
    critic = any("explained_variance" in row for row in metrics)
    panels = [CRITIC if critic and p.title == "Interventions" else p for p in PANELS]
    columns = 4
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.7 * columns, 2.7 * rows), dpi=110)
    for axis, panel in zip(axes.flat, panels, strict=False):
        _draw_panel(axis, panel, metrics, evaluations)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    figure.tight_layout()
    temporary = path.with_name(f".{path.name}.tmp")
    figure.savefig(temporary, format="png")
    plt.close(figure)
    temporary.replace(path)


def _draw_panel(
    axis: Any,
    panel: Panel,
    metrics: Sequence[dict[str, Any]],
    evaluations: Sequence[dict[str, Any]],
) -> None:
    factor = 100.0 if panel.percent else 1.0
    for (key, label), colour in zip(panel.keys.items(), COLOURS, strict=False):
        values = _known(metrics, key, factor)
        steps = [row["step"] for row in metrics]
        if np.isnan(values).all() or (key == "ref_kl" and not values.any()):
            continue  # never measured in this run, or no reference model
        axis.plot(steps, values, color=colour, alpha=0.25, linewidth=1)
        axis.plot(steps, smooth(values), color=colour, linewidth=1.8, label=label)
    for split, marker in (("dev", "o"), ("test", "D")):
        points = [e for e in evaluations if e["split"] == split and not e["thinking"]]
        if panel.held_out and points:
            _draw_points(axis, panel.held_out, points, factor, marker, f"held out ({split})")
    axis.set_title(panel.title + (" (%)" if panel.percent else ""), fontsize=10, loc="left")
    axis.set_xlabel("training step", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    if panel.percent:
        axis.set_ylim(-3, 103)
    else:
        axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=7, frameon=False)


def _known(rows: Sequence[dict[str, Any]], key: str, factor: float) -> np.ndarray:
    """Return a column times a factor, nan where it is null or absent."""
    values = [row.get(key) for row in rows]
    return np.array([np.nan if value is None else factor * value for value in values])


def _draw_points(
    axis: Any,
    key: str,
    points: Sequence[dict[str, Any]],
    factor: float,
    marker: str,
    label: str,
) -> None:
    steps = [point["step"] for point in points]
    values = _known(points, key, factor)
    if np.isnan(values).all():
        return  # never measured
    spread = None
    if f"{key}_low" in points[0]:
        low, high = _known(points, f"{key}_low", factor), _known(points, f"{key}_high", factor)
        spread = np.abs(np.stack([values - low, high - values]))
    axis.errorbar(
        steps,
        values,
        yerr=spread,
        fmt=marker,
        color=HELD_OUT,
        markersize=4.5,
        elinewidth=1,
        capsize=2,
        label=label,
    )
