"""What a pull request adds is checked as data, out of git."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from small_board import manifest_of, play, submit, write_manifest

from t2po_gym.cli.main import main

FOLDER = "20261130_lab_random"


def git(repository: Path, *words: str, **environment: str) -> str:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a"}
    who |= {"GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(repository), *words],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **who, **environment},
    )
    return done.stdout.strip()


def commit(repository: Path, **environment: str) -> str:
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "x", **environment)
    return git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(board: Path, honest: Path, tmp_path: Path) -> tuple[Path, str]:
    """A repository with one merged submission, and its commit."""
    place = tmp_path / "repository"
    root = place / "leaderboards"
    shutil.copytree(board, root, ignore=shutil.ignore_patterns("runs", "submissions", "site"))
    shutil.copytree(honest, root / "submissions" / honest.name)
    git(place, "init", "-q")
    return place, commit(place)


def reviewed(place: Path, base: str, tmp_path: Path) -> tuple[int, str]:
    """Commit the changes, go back to the base as CI does, and review."""
    head = commit(place)
    git(place, "checkout", "-q", base)
    words = ["leaderboard", "review", "--base", base, "--head", head]
    report = tmp_path / "report.md"
    root = place / "leaderboards"
    status = main([*words, "--root", str(root), "--report", str(report)])
    assert git(place, "status", "--porcelain") == "", "the working tree stays the base's"
    return status, report.read_text()


def test_a_good_submission(repository: tuple[Path, str], tmp_path: Path) -> None:
    place, base = repository
    run = play(tmp_path / "run", "toy", "expert")
    submit(place / "leaderboards" / "submissions", [run], "good")
    status, said = reviewed(place, base, tmp_path)
    assert status == 0
    assert "### 20261130_lab_good" in said
    assert "| Keys | L1 replayed | 100.0 % (100-100) | 1.000 | 8 of 8 |" in said


def test_nothing_added(repository: tuple[Path, str], tmp_path: Path) -> None:
    place, base = repository
    (place / "other.txt").write_text("x")
    assert reviewed(place, base, tmp_path) == (0, "No submission was added.\n")


def test_a_merged_submission_is_never_changed(repository: tuple[Path, str], tmp_path: Path) -> None:
    place, base = repository
    readme = place / "leaderboards" / "submissions" / FOLDER / "README.md"
    readme.write_text("# Better\n")
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert "README.md: merged submissions are never changed" in said


def test_a_merged_submission_is_never_removed_or_added_to(
    repository: tuple[Path, str], tmp_path: Path
) -> None:
    place, base = repository
    folder = place / "leaderboards" / "submissions" / FOLDER
    shutil.copy(folder / "README.md", folder / "more.md")
    assert "never changed" in reviewed(place, base, tmp_path)[1]
    shutil.rmtree(folder)
    assert "never changed" in reviewed(place, base, tmp_path)[1]


@pytest.mark.parametrize("kind", ["link", "program", "stray", "code"])
def test_only_plain_files_are_taken_out(
    kind: str, repository: tuple[Path, str], tmp_path: Path
) -> None:
    place, base = repository
    submissions = place / "leaderboards" / "submissions"
    folder = submit(submissions, [play(tmp_path / "run", "toy", "expert")], "good")
    if kind == "link":
        (folder / "README.md").unlink()
        (folder / "README.md").symlink_to("/etc/passwd")
    elif kind == "program":
        (folder / "README.md").chmod(0o755)
    elif kind == "stray":
        (submissions / "note.txt").write_text("x")
    else:
        (folder / "conftest.py").write_text("raise SystemExit")
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert "no plain file" in said or "belongs to no submission" in said


def test_a_copy_of_a_merged_one_is_refused(
    repository: tuple[Path, str], honest: Path, tmp_path: Path
) -> None:
    place, base = repository
    folder = place / "leaderboards" / "submissions" / "20261201_lab_copy"
    shutil.copytree(honest, folder)
    write_manifest(folder, {**manifest_of(folder), "slug": "copy", "date": "2026-12-01"})
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert f"have the replies of {FOLDER}" in said
    assert str(tmp_path) not in said


def test_a_fresh_track_is_based_on_the_main_branch(
    repository: tuple[Path, str], tmp_path: Path
) -> None:
    place, base = repository
    submissions = place / "leaderboards" / "submissions"
    run = play(tmp_path / "run", "shop-fresh", "random", "--base", base)
    submit(submissions, [run], "fresh")
    assert reviewed(place, base, tmp_path)[0] == 0
    run = play(tmp_path / "chosen", "shop-fresh", "random", "--base", "ab" * 20)
    submit(submissions, [run], "chosen")
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert "tracks.shop-fresh.base: abab" in said
    assert "no commit of the main branch of the last 30 days" in said


def test_an_old_commit_is_no_base(repository: tuple[Path, str], tmp_path: Path) -> None:
    place, old = repository
    (place / "later.txt").write_text("x")
    later = (datetime.now(timezone.utc) + timedelta(days=40)).isoformat()
    base = commit(place, GIT_COMMITTER_DATE=later)
    run = play(tmp_path / "run", "shop-fresh", "random", "--base", old)
    submit(place / "leaderboards" / "submissions", [run], "old")
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert f"base: {old} is no commit" in said


def test_a_submission_comes_alone(repository: tuple[Path, str], tmp_path: Path) -> None:
    place, base = repository
    root = place / "leaderboards"
    submit(root / "submissions", [play(tmp_path / "run", "toy", "expert")], "good")
    (root / "results.json").write_text("{}")
    assert reviewed(place, base, tmp_path)[0] == 0, "what build writes may come along"
    submit(root / "submissions", [play(tmp_path / "again", "toy", "expert")], "good")
    (root / "reruns.toml").write_text('["20261130_lab_good".toy]\nbadge = "L3"\n')
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert "leaderboards/reruns.toml: a submission comes alone" in said


def test_twins_in_one_pull_request_are_compared(
    repository: tuple[Path, str], tmp_path: Path
) -> None:
    place, base = repository
    submissions = place / "leaderboards" / "submissions"
    one = submit(submissions, [play(tmp_path / "run", "toy", "expert")], "one")
    two = submissions / "20261130_lab_two"
    shutil.copytree(one, two)
    write_manifest(two, {**manifest_of(two), "slug": "two"})
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert said.count("have the replies of") == 2


def test_a_broken_one_is_told_without_breaking_the_comment(
    repository: tuple[Path, str], tmp_path: Path
) -> None:
    place, base = repository
    submissions = place / "leaderboards" / "submissions"
    folder = submit(submissions, [play(tmp_path / "run", "toy", "expert")], "good")
    name = "a\r\r### 20261130_lab_good\r\r@everyone `<img src=x>`"
    write_manifest(folder, {**manifest_of(folder), name: 1})
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert "\r" not in said
    assert said.count("`") == 2
    assert said.count("\n") == 3


def test_many_files_are_not_written(repository: tuple[Path, str], tmp_path: Path) -> None:
    place, base = repository
    folder = place / "leaderboards" / "submissions" / "20261130_lab_many" / "trajectories"
    folder.mkdir(parents=True)
    for number in range(70):
        (folder / f"t{number}.jsonl.gz").write_bytes(b"x")
    status, said = reviewed(place, base, tmp_path)
    assert status == 1
    assert "70 files" in said
    folder.mkdir(parents=True)
    (folder / f"{'a' * 200}.jsonl.gz").write_bytes(b"x")
    assert "belongs to no submission" in reviewed(place, base, tmp_path)[1]


def test_a_folder_of_the_working_tree_is_left_alone(
    repository: tuple[Path, str], tmp_path: Path
) -> None:
    """Something of the same name that is not merged is neither read nor written through."""
    place, base = repository
    submissions = place / "leaderboards" / "submissions"
    folder = submit(submissions, [play(tmp_path / "run", "toy", "expert")], "good")
    head = commit(place)
    git(place, "checkout", "-q", base)
    folder.mkdir()
    words = ["leaderboard", "review", "--base", base, "--head", head]
    assert main([*words, "--root", str(place / "leaderboards")]) == 0
    assert list(folder.iterdir()) == []


def test_two_commits_are_needed(
    repository: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(repository[0] / "leaderboards")
    assert main(["leaderboard", "review", "--root", root]) == 1
    assert "--base and --head" in capsys.readouterr().err
    words = ["leaderboard", "review", "--base", "none", "--head", "gone", "--root", root]
    assert main(words) == 1
    assert "git diff failed" in capsys.readouterr().out
