"""Other people's episodes under a new name, and what is no copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_board import lines_of, manifest_of, play, submit, write_lines, write_manifest

from leaderboards.checking.copies import same_actions, same_replies
from t2po_gym.cli.main import main


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
    """Every episode stands there once more as another trial: the share is of tasks, not trials."""
    lines = lines_of(copy, "shop")
    one = {line["task_id"]: line for line in lines}
    other = {("t", 0): (b"r", b"a")}
    assert same_replies({("t", 0): (b"r", b"a"), ("t", 1): (b"r", b"a")}, other) == 1.0
    assert len(one) == 4


def test_the_first_one_is_not_blamed(
    honest: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The board itself compares nothing: copies are refused before they are taken in."""
    from leaderboards.checking.check import check_submission

    check_submission(copy.parent / honest.name, copies=False)


def test_shares_by_hand() -> None:
    """Of two episodes one has the other's actions, neither its replies; a third is only there."""
    one = {("a", 0): (b"1", b"x"), ("b", 0): (b"2", b"y")}
    other = {("a", 0): (b"3", b"x"), ("b", 1): (b"4", b"z"), ("c", 0): (b"5", b"y")}
    assert same_replies(one, other) == 0.0
    assert same_actions(one, other) == 0.5
    assert same_actions({}, other) == 0.0
