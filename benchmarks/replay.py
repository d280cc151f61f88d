"""How fast stored episodes are played again: those of the committed submissions, by family.

    python benchmarks/replay.py

Prints episodes, turns and CPU seconds of reading, checking and replaying, and what 1,000 episodes
would take; one process, one thread.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from pathlib import Path

from leaderboards.board.results import folders_of
from leaderboards.checking.manifest import read_manifest
from leaderboards.checking.replay import MissingData, replay_track
from leaderboards.tracks.track import find_track

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "replay.json"


def main() -> None:
    """Replay everything once to fill caches, then once more with the clock running."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for folder in folders_of(ROOT / "leaderboards" / "submissions"):
        submission = read_manifest(folder)
        for name in submission.tracks:
            try:
                replay_track(folder, submission, name)
            except MissingData:
                continue
            start = time.process_time()
            played = replay_track(folder, submission, name)
            row = found[find_track(name).family]
            row["cpu_s"] += time.process_time() - start
            row["episodes"] += len(played.figures)
            row["turns"] += sum(len(figures.progress) for figures in played.figures)
    for row in found.values():
        row["cpu_s_per_1000_episodes"] = round(1000 * row["cpu_s"] / row["episodes"], 2)
        row["cpu_s"] = round(row["cpu_s"], 2)
    text = json.dumps(found, indent=2)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
