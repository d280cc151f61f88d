"""Other people's episodes under a new name, and what is no copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_board import lines_of, manifest_of, play, submit, write_lines, write_manifest

from leaderboards.checking.check import check_submission
from leaderboards.checking.copies import same_actions, same_replies
from leaderboards.submission.layout import trajectory_file
from leaderboards.submission.trajectory import Trajectory
from leaderboards.tracks.panels import panel_of
from t2po_gym.cli.main import main
from t2po_gym.evaluation.player import episode_seed
from t2po_gym.evaluation.summary import figures_of, summarise


@pytest.fixture
def copy(honest: Path, tmp_path: Path) -> Path:
    """The same episodes by somebody else, beside the first."""
    shutil.copytree(honest, tmp_path / honest.name)
    folder = tmp_path / "20261201_thief_mine"
    shutil.copytree(honest, folder)
    fields = manifest_of(folder)
    write_manifest(folder, {**fields, "org": "thief", "slug": "mine", "date": "2026-12-01"})
    return folder


def verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    status = main(["verify", str(folder)])
    return status, capsys.readouterr().err


def test_a_copy_is_refused(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = verify(copy, capsys)
    assert status == 1
    assert "100 % of the episodes have the replies of 20261130_lab_random" in said


def test_a_copy_in_other_dress_is_refused(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Spaces, case and punctuation of the thoughts changed: the actions are read all the same."""
    for track in ("toy", "shop"):
        lines = lines_of(copy, track)
        for line in lines:
            for turn in line["turns"]:
                turn["reply"] = turn["reply"].replace("<think>", "<think> - ... ")
        write_lines(copy, track, lines)
    status, said = verify(copy, capsys)
    assert status == 1
    assert "have the replies of 20261130_lab_random" in said


def test_a_declared_repetition_passes(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_manifest(copy, {**manifest_of(copy), "same_traces_as": ["20261130_lab_random"]})
    assert verify(copy, capsys)[0] == 0


def test_another_seed_is_no_copy(
    honest: Path, board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(honest, tmp_path / honest.name)
    run = play(tmp_path / "run", "shop", "random", "--seed", "5")
    folder = submit(tmp_path, [run], "another")
    shutil.rmtree(run)
    assert verify(folder, capsys)[0] == 0


def test_episodes_handed_in_twice_are_a_copy_all_the_same(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every episode of the shop stands there once more as another trial, with claims to match."""
    fields = manifest_of(copy)
    fields["tracks"] = {"shop": fields["tracks"]["shop"]}
    (copy / trajectory_file("toy")).unlink()
    entry, lines = fields["tracks"]["shop"], []
    for line in lines_of(copy, "shop"):
        again = {"trial": 1, "seed": episode_seed(entry["seed"], line["task_id"], 1)}
        lines += [line, {**line, **again}]
    write_lines(copy, "shop", lines)
    panel = panel_of("shop")
    played = [figures_of(Trajectory.model_validate(line)) for line in lines]
    (claimed, *_) = summarise(panel.task_ids, 2, played, panel.task_types)
    entry |= {"trials": 2, "claimed": claimed.model_dump()}
    write_manifest(copy, fields)
    status, said = verify(copy, capsys)
    assert status == 1
    assert "tracks.shop: 100 % of the episodes have the replies of 20261130_lab_random" in said


def test_the_first_one_is_not_blamed(
    honest: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The board itself compares nothing: copies are refused before they are taken in."""
    check_submission(copy.parent / honest.name, copies=False)


def test_shares_by_hand() -> None:
    """Of two episodes one has the other's actions, neither its replies; a third is only there."""
    one = {("a", 0): (b"1", b"x"), ("b", 0): (b"2", b"y")}
    other = {("a", 0): (b"3", b"x"), ("b", 1): (b"4", b"z"), ("c", 0): (b"5", b"y")}
    assert same_replies(one, other) == 0.0
    assert same_actions(one, other) == 0.5
    assert same_actions({}, other) == 0.0
