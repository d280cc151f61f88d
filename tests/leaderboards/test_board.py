"""From submissions to results and site."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_board import make_board, manifest_of, play, sign, submit, write_manifest

from leaderboards.board.build import build, stale
from leaderboards.board.results import results_of
from t2po_gym.cli.main import main

pytest.importorskip("jinja2", reason="needs the extra site")


@pytest.fixture(scope="module")
def built(board: Path, honest: Path) -> tuple[Path, dict[str, Any]]:
    """A board with a random policy and the expert."""
    submit(board / "submissions", [play(board / "runs" / "e", "toy", "expert")], "expert")
    return board, dict(build(board))


def result(results: dict[str, Any], slug: str, track: str) -> dict[str, Any]:
    name = f"20261130_lab_{slug}"
    (found,) = (
        entry
        for entry in results["results"]
        if (entry["submission"], entry["track"]) == (name, track)
    )
    return dict(found)


def files_of(root: Path) -> dict[str, bytes]:
    places = [root / "results.json", *(root / "site").rglob("*")]
    return {str(p.relative_to(root)): p.read_bytes() for p in places if p.is_file()}


def test_building_twice_gives_the_same_bytes(built: tuple[Path, dict[str, Any]]) -> None:
    before = files_of(built[0])
    assert main(["leaderboard", "build", "--root", str(built[0])]) == 0
    assert files_of(built[0]) == before
    assert main(["leaderboard", "build", "--check", "--root", str(built[0])]) == 0


def test_results_are_counted_from_the_episodes(built: tuple[Path, dict[str, Any]]) -> None:
    results = built[1]
    expert, random = result(results, "expert", "toy"), result(results, "random", "toy")
    assert expert["rows"][0]["success"] == 1.0 > random["rows"][0]["success"]
    assert expert["badge"] == random["badge"] == "L1"
    assert expert["success_by_turn"][-1] == 1.0
    assert expert["progress_by_turn"][0] == 0.0 < expert["progress_by_turn"][1]
    assert len(expert["progress_by_turn"]) == 11, "the start and ten turns"
    assert expert["expert_similarity"] is None, "it is the expert"
    assert random["expert_similarity"] == 0.0
    assert results["tracks"][0]["tasks"] == 4


def test_a_readme_is_shown_as_plain_text(
    built: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    shutil.copytree(built[0] / "submissions", tmp_path / "s")
    folder = tmp_path / "s" / "20261130_lab_expert"
    (folder / "README.md").write_bytes(b"# A\r\n\0\x1b[2J<b>\xe2\x80\xae\xff\tz\n")
    sign(folder)
    (found,) = (
        entry
        for entry in results_of(tmp_path / "s")["submissions"]
        if entry["folder"] == folder.name
    )
    assert found["readme"] == "# A\n[2J<b>\ufffd\tz\n"


def test_the_viewer_shows_what_was_seen(built: tuple[Path, dict[str, Any]]) -> None:
    folder = built[0] / "site" / "episodes" / "20261130_lab_expert" / "toy"
    script = (folder / "0.js").read_text()
    episodes = json.loads(script[script.index("[") : script.rindex("]") + 1])
    assert len(episodes) == 8
    assert "You are in" in episodes[0]["first"]
    assert episodes[0]["turns"][-1]["progress"] == 1.0
    assert all(turn["observation"] for turn in episodes[0]["turns"])


def test_a_stale_file_is_named(built: tuple[Path, dict[str, Any]]) -> None:
    root = built[0]
    page = root / "site" / "index.html"
    page.write_bytes(page.read_bytes() + b" ")
    (root / "site" / "more.html").write_bytes(b"")
    assert stale(root) == ["site/index.html", "site/more.html"]
    assert main(["leaderboard", "build", "--check", "--root", str(root)]) == 1
    build(root)
    assert stale(root) == []


def test_a_false_submission_stops_the_board(
    built: tuple[Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(built[0], tmp_path / "b")
    folder = tmp_path / "b" / "submissions" / "20261130_lab_expert"
    fields = manifest_of(folder)
    fields["tracks"]["toy"]["claimed"]["score"] = 0.5
    write_manifest(folder, fields)
    before = files_of(tmp_path / "b")
    assert main(["leaderboard", "build", "--root", str(tmp_path / "b")]) == 1
    assert "tracks.toy.claimed.score: claimed 0.5, found 1.0" in capsys.readouterr().err
    assert files_of(tmp_path / "b") == before, "nothing is half written"
    (tmp_path / "b" / "submissions" / "notes").mkdir()
    assert main(["leaderboard", "build", "--root", str(tmp_path / "b")]) == 1
    assert "notes is no submission" in capsys.readouterr().err


def test_badges_of_maintainers_runs(
    built: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(built[0], tmp_path / "b")
    sums = result(built[1], "expert", "toy")["sums"]
    (tmp_path / "b" / "reruns.toml").write_text(
        f'["20261130_lab_expert".toy]\nbadge = "L3"\nby = "us"\nsums = "{sums}"\n'
    )
    monkeypatch.setenv("T2PO_GYM_LEADERBOARD", str(tmp_path / "b"))
    results = results_of(tmp_path / "b" / "submissions")
    assert result(results, "expert", "toy")["badge"] == "L3"
    assert result(results, "random", "toy")["badge"] == "L1"
    folder = tmp_path / "b" / "submissions" / "20261130_lab_expert"
    (folder / "README.md").write_text("another\n")
    sign(folder)
    with pytest.raises(ValueError, match=r"reruns\.toml: 20261130_lab_expert, toy: its SHA256SUMS"):
        results_of(tmp_path / "b" / "submissions")


def test_a_track_without_its_data_is_read_and_not_ranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L0, its numbers counted all the same; a maintainer who has the data says that it is L1."""
    data = tmp_path / "data" / "webshop"
    data.mkdir(parents=True)
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    root = make_board(tmp_path / "board")
    with (root / "tracks.toml").open("a") as file:
        file.write(
            '\n[real]\ntitle = "Real"\nfamily = "Toy"\nsummary = "s"\nrules = []\n'
            'env_id = "t2po/WebShop-v0"\ndata = "a catalogue"\ntasks = 2\n'
            'env_kwargs = { catalogue = "original", split = "test", max_turns = 4 }\n'
        )
    monkeypatch.setenv("T2PO_GYM_LEADERBOARD", str(root))
    inputs = Path(__file__).parents[1] / "data" / "webshop_mini"
    for path in inputs.iterdir():
        shutil.copy(path, data)
    products = json.loads((inputs / "items_shuffle.json").read_text())
    nouns = {product["asin"]: product["name"].lower().split() for product in products}
    (data / "title_nouns.json").write_text(json.dumps({"nouns": nouns}))
    monkeypatch.setenv("T2PO_GYM_DATA", str(tmp_path / "data"))
    assert main(["leaderboard", "panels", "--root", str(root)]) == 0
    ready = root.rename(root.with_name("ready"))
    monkeypatch.setenv("T2PO_GYM_LEADERBOARD", str(ready))
    folder = submit(ready / "submissions", [play(tmp_path / "run", "real", "random")], "real")
    here = results_of(ready / "submissions")
    monkeypatch.delenv("T2PO_GYM_DATA")
    assert main(["verify", str(folder)]) == 1, "verify says what is missing"
    assert main(["verify", "--no-replay", str(folder)]) == 0
    away = result(results_of(ready / "submissions"), "real", "real")
    assert away == {**result(here, "real", "real"), "badge": "L0"}
    rerun = f'["20261130_lab_real".real]\nbadge = "L1"\nsums = "{away["sums"]}"\n'
    (ready / "reruns.toml").write_text(rerun)
    assert results_of(ready / "submissions") == here
    (ready / "reruns.toml").write_text("")
    fields = manifest_of(folder)
    fields["tracks"]["real"]["claimed"]["score"] = 0.99
    write_manifest(folder, fields)
    for words in (["leaderboard", "build", "--root", str(ready)], ["verify", "--no-replay"]):
        last = [str(folder)] if "verify" in words else []
        assert main([*words, *last]) == 1, "claims are counted without data too"
    (folder / "trajectories" / "real.jsonl.gz").write_bytes(b"no gzip")
    sign(folder)
    with pytest.raises(ValueError, match="gzip"):
        results_of(ready / "submissions")
