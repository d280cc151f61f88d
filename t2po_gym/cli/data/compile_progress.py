"""What the data commands show while compiling, and what they report afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

__all__ = ["counting", "peak_memory"]


@contextmanager
def counting(doing: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a count on standard error, with a bar if the total is known.

    Yields the function that sets the count.

    Example: ``with counting("indexing", "passages") as show: show(1_000)``
    """
    bar = () if total is None else (BarColumn(),)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        *bar,
        TextColumn("{task.completed:,} " + unit),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    # In a file, even a transient bar would leave an empty line.
    hidden = not console.is_terminal
    with Progress(*columns, transient=True, console=console, disable=hidden) as progress:
        task = progress.add_task(doing, total=total)
        yield lambda count: progress.update(task, completed=count)


def peak_memory() -> str:
    """Return the peak resident size of this process so far."""
    if sys.platform == "win32":
        return "not known on this system"
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{peak * (1 if sys.platform == 'darwin' else 1024) / 1e6:,.0f} MB"
