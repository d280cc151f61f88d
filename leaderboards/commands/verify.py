"""``t2po-gym verify SUBMISSION``: everything that can be checked without its author."""

from pathlib import Path

from rich.console import Console

from t2po_gym.cli.tables import results_table

from ..checking.check import check_format, check_submission
from ..tracks.track import find_track


def verify(folder: Path, console: Console, replay: bool = True) -> int:
    """Check a submission and print its numbers, counted anew.

    Raises:
        ValueError: At the first fault.
    """
    if not replay:
        held = check_format(folder)
        console.print(
            f"{held.submission.folder}: it holds as far as can be read (L0), not replayed."
        )
        return 0
    checked = check_submission(folder)
    for name, rows in checked.rows.items():
        console.print(results_table(rows, f"{checked.submission.name} on {find_track(name).title}"))
    for name, entry in checked.submission.tracks.items():
        if entry.base:
            console.print(f"{name}: whether {entry.base[:12]} is of the main branch, review says.")
    episodes = sum(len(played.figures) for played in checked.played.values())
    console.print(f"{checked.submission.folder}: {episodes} episodes replay as recorded (L1).")
    return 0
