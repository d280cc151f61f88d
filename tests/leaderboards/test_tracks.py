"""The committed tracks, panels, schemas and submissions."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboards.board.results import folders_of
from leaderboards.submission.schemas import schema_files
from leaderboards.tracks.panels import draw_panel, panel_of
from leaderboards.tracks.track import base_seed, find_track, load_tracks
from t2po_gym.cli.main import main
from t2po_gym.evaluation.environment import make_env
from t2po_gym.evaluation.parsers import PARSERS

ROOT = Path(__file__).parents[2] / "leaderboards"
GENERATED = [name for name, track in load_tracks().items() if not (track.data or track.fresh)]


@pytest.mark.parametrize("name", GENERATED)
def test_panels_are_what_the_environments_have(name: str) -> None:
    track = find_track(name)
    fingerprint, panel = draw_panel(track)
    tasks = panel.task_ids
    assert fingerprint == track.fingerprint
    assert (ROOT / "panels" / f"{name}.jsonl").read_bytes() == panel.file()
    assert track.panel_sha256 == panel.sha256
    assert panel_of(name) == panel
    assert len(set(tasks)) == len(tasks) >= 200
    stated = (ROOT / "panels" / f"{name}.jsonl.sha256").read_text()
    assert stated == f"{track.panel_sha256}  {name}.jsonl\n"


@pytest.mark.parametrize("name", GENERATED)
def test_no_task_of_a_panel_is_trained_on(name: str) -> None:
    track = find_track(name)
    env = make_env(track.env_id, {**track.kwargs(), "split": "train"})
    for task in panel_of(name).task_ids:
        with pytest.raises(ValueError, match=r"split|task"):
            env.reset(options={"task_id": task})
    env.close()


def test_all_tracks_can_be_read() -> None:
    tracks = load_tracks().values()
    assert {track.family for track in tracks} == {"WebShop", "ALFWorld", "Search QA"}
    for track in tracks:
        assert set(track.parsers) <= set(PARSERS)
        assert track.env_kwargs["split"] != "train"
        assert track.max_turns > 0
        if not track.fresh:
            assert len(panel_of(track.id).task_ids) > 100


def test_fresh_worlds_differ_by_commit_and_track() -> None:
    seeds = {base_seed(track, commit * 40) for track in ("a", "b") for commit in "01"}
    assert len(seeds) == 4
    fresh = find_track("alfworld-fresh")
    assert draw_panel(fresh, "0" * 40) != draw_panel(fresh, "1" * 40)
    with pytest.raises(ValueError, match="needs the commit"):
        fresh.kwargs()


def test_schemas_are_current() -> None:
    for name, data in schema_files().items():
        assert (ROOT / "schema" / name).read_bytes() == data, "run t2po-gym leaderboard schema"
    assert main(["leaderboard", "schema", "--check", "--root", str(ROOT)]) == 0


def test_a_panel_that_was_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from small_board import make_board

    root = make_board(tmp_path / "board")
    (root / "panels").mkdir()
    (root / "panels" / "toy.jsonl").write_text('{"task_id": "x"}\n')
    monkeypatch.setenv("T2PO_GYM_LEADERBOARD", str(root))
    with pytest.raises(ValueError, match=r"panels/toy\.jsonl is not the panel"):
        panel_of("toy")
    monkeypatch.setenv("T2PO_GYM_LEADERBOARD", str(tmp_path))
    with pytest.raises(ValueError, match=r"has no tracks\.toml"):
        load_tracks()


def test_committed_submissions_and_pages_hold() -> None:
    """Every one is replayed whole; results.json and site/ are what comes out."""
    pytest.importorskip("jinja2", reason="needs the extra site")
    assert len(folders_of(ROOT / "submissions")) >= 3
    assert main(["leaderboard", "build", "--check", "--root", str(ROOT)]) == 0
