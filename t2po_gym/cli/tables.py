"""Results of an evaluation as the terminal shows them."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE
from rich.table import Table

from t2po_gym.evaluation.records import EpisodeRecord, Plan
from t2po_gym.evaluation.summary import Summary


def cost(episodes: Iterable[EpisodeRecord], price_in: float, price_out: float) -> str:
    """Return what the tokens of a run cost, as a sentence."""
    turns = [turn for episode in episodes for turn in episode.turns]
    read = sum(turn.prompt_tokens or 0 for turn in turns)
    written = sum((turn.reply_tokens or 0) + turn.rejected_tokens for turn in turns)
    unknown = sum(turn.prompt_tokens is None or turn.reply_tokens is None for turn in turns)
    total = (read * price_in + written * price_out) / 1e6
    left = f"; {unknown} of {len(turns)} turns came without counts" if unknown else ""
    return f"Cost: {total:.4f} for {read:,} prompt and {written:,} reply tokens{left}."


def table_of(rows: Sequence[Summary], plan: Plan) -> Table:
    """Return the results of a run as a table."""
    name = plan.policy.get("name", "")
    where = plan.track or f"{plan.env_id}, {plan.env_kwargs.get('split', '')}"
    return results_table(rows, f"{name} on {where}")


def results_table(rows: Sequence[Summary], title: str) -> Table:
    """Return results as a table."""
    table = Table(title=title, box=SIMPLE, padding=(0, 1))
    table.add_column("type", overflow="fold")
    counted = any(row.tokens is not None for row in rows)
    for column in ("tasks", "success (95 %)", "score", "turns", "invalid", *["tokens"] * counted):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        cells = [
            row.kind,
            str(row.tasks),
            f"{100 * row.success:.1f} % ({100 * row.success_low:.0f}-{100 * row.success_high:.0f})",
            f"{row.score:.3f}",
            "" if row.turns is None else f"{row.turns:.2f}",
            "" if row.invalid is None else f"{100 * row.invalid:.1f} %",
        ]
        tokens = "" if row.tokens is None else f"{row.tokens:.0f}"
        table.add_row(*cells, *[tokens] * counted)
    return table
