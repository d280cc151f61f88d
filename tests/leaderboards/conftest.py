"""A small board for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_board import make_board, play, submit

from t2po_gym.cli.main import main


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = make_board(tmp_path_factory.mktemp("board") / "leaderboards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("T2PO_GYM_LEADERBOARD", str(root))
        assert main(["leaderboard", "panels", "--root", str(root)]) == 0
        # Tracks were read before their panels were drawn: a new folder is read anew.
        ready = root.rename(root.with_name("ready"))
        patch.setenv("T2PO_GYM_LEADERBOARD", str(ready))
        yield ready


@pytest.fixture(scope="module")
def honest(board: Path) -> Path:
    """A submission of the random policy to both tracks."""
    runs = [play(board / "runs" / track, track, "random") for track in ("toy", "shop")]
    return submit(board / "submissions", runs, "random")
