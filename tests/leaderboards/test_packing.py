"""From runs to a submission's folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_board import lines_of, manifest_of, play, submit

from leaderboards.packing.details import merged
from leaderboards.submission.layout import trajectory_file
from t2po_gym.cli.main import main
from t2po_gym.evaluation.journal import EPISODES, PLAN

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(words) == 1
    return capsys.readouterr().err


def pack(runs: list[Path], into: Path, *more: str) -> list[str]:
    words = ["submit", *map(str, runs), "--org", "lab", "--slug", "x", "--name", "X"]
    return [*words, "--into", str(into), *more]


@pytest.fixture(scope="module")
def toy(board: Path) -> Path:
    return play(board / "runs" / "packed", "toy", "random")


def test_equal_runs_make_equal_files(board: Path, toy: Path, tmp_path: Path) -> None:
    again = play(tmp_path / "again", "toy", "random", "--concurrency", "3")
    one = submit(tmp_path / "a", [toy], "one")
    two = submit(tmp_path / "b", [again], "one")
    for place in (trajectory_file("toy"), "submission.json", "README.md", "SHA256SUMS"):
        assert (one / place).read_bytes() == (two / place).read_bytes()


def test_the_manifest_says_what_the_run_knows(toy: Path, tmp_path: Path) -> None:
    found = manifest_of(submit(tmp_path, [toy], "one", "--notes", "n", "--cost-usd", "1.5"))
    assert (found["kind"], found["privileged"], found["model"]) == ("scripted", False, None)
    assert found["scaffold"]["kind"] == "standard"
    assert (found["notes"], found["cost_usd"]) == ("n", 1.5)
    entry = found["tracks"]["toy"]
    assert (entry["trials"], entry["seed"], entry["claimed"]["episodes"]) == (2, 0, 8)
    assert len(entry["origin"]["commit"]) in (0, 40)


def test_the_expert_is_privileged(board: Path, tmp_path: Path) -> None:
    run = play(tmp_path / "run", "toy", "expert")
    assert manifest_of(submit(tmp_path / "s", [run], "expert"))["privileged"] is True


def test_details_go_over_what_is_known(toy: Path, tmp_path: Path) -> None:
    details = tmp_path / "more.toml"
    details.write_text('hardware = "a laptop"\nkind = "prompted"\n[model]\nname = "m"\n')
    with details.open("a") as file:
        file.write("parameters = 7\n[decoding]\ntemperature = 0.7\n")
    found = manifest_of(submit(tmp_path / "s", [toy], "one", "--details", str(details)))
    assert (found["hardware"], found["model"]["parameters"]) == ("a laptop", 7)
    assert main(["verify", str(tmp_path / "s" / "20261130_lab_one")]) == 0


def test_tables_are_merged_by_hand() -> None:
    assert merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 4}, "d": {"e": 5}}) == {
        "a": {"b": 4, "c": 2},
        "d": {"e": 5},
    }


def test_a_stopped_run_counts_what_is_missing(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in (PLAN, "origin.json"):
        (cut / name).write_bytes((toy / name).read_bytes())
    lines = (toy / EPISODES).read_text().splitlines(keepends=True)
    (cut / EPISODES).write_text("".join([lines[5], *lines[:3]]))  # as they ended
    folder = submit(tmp_path / "s", [cut], "cut")
    assert "4 episodes are missing and count as failed" in capsys.readouterr().out
    assert [line["trial"] for line in lines_of(folder, "toy")] == [0, 1, 0, 1]
    assert main(["verify", str(folder)]) == 0


def test_what_cannot_be_submitted(
    toy: Path, board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contact = ("--contact", "c")
    assert "contact: Field required" in said(pack([toy], tmp_path), capsys)
    assert "slug: String should match" in said(
        pack([toy], tmp_path, *contact, "--slug", "A b"), capsys
    )
    assert "Two of the runs are on the track toy" in said(
        pack([toy, play(tmp_path / "b", "toy", "random", "--seed", "3")], tmp_path, *contact),
        capsys,
    )
    shop = play(tmp_path / "shop", "shop", "first-admissible")
    assert "another policy; submit them apart" in said(
        pack([toy, shop], tmp_path, *contact), capsys
    )
    words = ["eval", "t2po/ToyKeys-v0", "--policy", "random", "--tasks", "2"]
    assert main([*words, "--out", str(tmp_path / "free")]) == 0
    assert "not played on a track" in said(pack([tmp_path / "free"], tmp_path, *contact), capsys)
    assert "no folder of t2po-gym eval" in said(pack([tmp_path], tmp_path, *contact), capsys)
    assert main(pack([toy], tmp_path / "s", *contact)) == 0
    assert "is there already; choose another" in said(pack([toy], tmp_path / "s", *contact), capsys)
    assert [path.name[9:] for path in (tmp_path / "s").iterdir()] == ["lab_x"], "nothing is left"


def test_a_custom_template_is_declared(
    board: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its prompts cannot be built elsewhere: the module is named and hashed, never imported."""
    (tmp_path / "my_prompts.py").write_text(
        "from t2po_gym.core.agent.prompts import FormatTemplate\nMINE = FormatTemplate()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    run = play(tmp_path / "run", "toy", "random", "--template", "my_prompts:MINE")
    folder = submit(tmp_path / "s", [run], "custom")
    scaffold = manifest_of(folder)["scaffold"]
    assert (scaffold["kind"], len(scaffold["template_sha256"])) == ("custom", 64)
    (tmp_path / "my_prompts.py").write_text("raise SystemExit('imported')")
    monkeypatch.delitem(__import__("sys").modules, "my_prompts")
    assert main(["verify", str(folder)]) == 0
    assert main(["verify", str(run)]) == 0


def test_a_fresh_track_needs_its_commit(
    board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["eval", "--track", "shop-fresh", "--policy", "random", "--out", str(tmp_path / "x")]
    assert "needs the commit it is based on" in said(words, capsys)
    run = play(tmp_path / "run", "shop-fresh", "random", "--base", COMMIT)
    folder = submit(tmp_path / "s", [run], "fresh")
    assert main(["verify", str(folder)]) == 0
    tasks = {line["task_id"] for line in lines_of(folder, "shop-fresh")}
    other = play(tmp_path / "other", "shop-fresh", "random", "--base", COMMIT[::-1])
    assert not tasks & set(json.loads((other / PLAN).read_text())["task_ids"])


def test_a_track_decides_what_is_played(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["eval", "--policy", "random", "--out", str(board / "none")]
    assert "Name what is played" in said(words, capsys)
    assert "leave out --tasks" in said([*words, "--track", "toy", "--tasks", "3"], capsys)
    assert "leave out --set" in said([*words, "--track", "toy", "--set", "max_turns=3"], capsys)
    assert "no track 'nowhere'" in said([*words, "--track", "nowhere"], capsys)
    assert "takes no --base" in said([*words, "--track", "toy", "--base", COMMIT], capsys)
    assert "--base belongs to" in said([*words, "t2po/ToyKeys-v0", "--base", COMMIT], capsys)
    assert "reads replies by tagged" in said(
        [*words, "--track", "toy", "--parser", "webshop"], capsys
    )
    assert not (board / "none").exists()


def test_other_data_than_the_tracks_are_told_at_once(
    board: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "board"
    shutil.copytree(board, other, ignore=shutil.ignore_patterns("runs", "submissions", "site"))
    digests = json.loads((other / "panels" / "digests.json").read_text())
    digests["toy"]["fingerprint"] = "0" * 64
    (other / "panels" / "digests.json").write_text(json.dumps(digests))
    monkeypatch.setenv("T2PO_GYM_LEADERBOARD", str(other))
    words = ["eval", "--track", "toy", "--policy", "random", "--out", str(tmp_path / "x")]
    assert "not those of the track toy" in said(words, capsys)
