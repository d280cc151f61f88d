"""A submission that was changed in any way is refused, with the place named."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_board import lines_of, manifest_of, sign, write_bytes, write_lines, write_manifest

from leaderboards.submission.layout import README, SUMS, TRAJECTORIES, trajectory_file
from t2po_gym.cli.main import main

Record = dict[str, Any]
Lines = list[Record]
Change = Callable[[Path], None]


def records(track: str, change: Callable[[Lines], Any]) -> Change:
    def apply(folder: Path) -> None:
        lines = lines_of(folder, track)
        change(lines)
        write_lines(folder, track, lines)

    return apply


def field(name: str, value: Any, line: int = 1) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        assert lines[line][name] != value
        lines[line][name] = value

    return change


def turn(name: str, value: Any) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        assert repr(lines[1]["turns"][1].get(name)) != repr(value)
        lines[1]["turns"][1][name] = value

    return change


def flipped(name: str, inside: bool = False) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        place = lines[1]["turns"][1] if inside else lines[1]
        place[name] = not place[name]

    return change


def swap(one: Record, other: Record, name: str) -> None:
    assert one[name] != other[name]
    one[name], other[name] = other[name], one[name]


def without(name: str) -> Callable[[Lines], None]:
    return lambda lines: lines[1].pop(name)


REPLY = "<think>Hm.</think><action>look around</action>"
AT_2 = r"jsonl\.gz, line 2: "
RECORDS: dict[str, tuple[Callable[[Lines], Any], str]] = {
    "score": (field("score", 0.75), AT_2 + ".*turn .*score was recorded"),
    "success": (flipped("success"), AT_2 + ".*success was recorded"),
    "terminated": (flipped("terminated"), AT_2 + ".*terminated was"),
    "truncated": (flipped("truncated"), AT_2 + ".*truncated was"),
    "seed": (field("seed", 7), AT_2 + ".*turn 0: seed"),
    "task type": (field("task_type", "made up"), AT_2 + ".*turn 0: task_type"),
    "first hash": (field("first_hash", "0" * 64), AT_2 + ".*turn 0: first_hash"),
    "prompts hash": (field("prompts_hash", "0" * 64), AT_2 + ".*prompts_hash"),
    "hash that is none": (field("first_hash", "0" * 63), AT_2 + "first_hash"),
    "environment": (field("environment", "t2po/ALFWorld-v0"), AT_2 + ".*environment: expected"),
    "fingerprint": (field("fingerprint", "0" * 64), AT_2 + ".*fingerprint: expected"),
    "reward": (turn("reward", 0.3), AT_2 + ".*turn 2: reward"),
    "turn's score": (turn("score", 0.6), AT_2 + ".*turn 2: score"),
    "progress": (turn("progress", 0.123), AT_2 + ".*turn 2: progress"),
    "action": (turn("action", "look around"), AT_2 + ".*turn 2: action"),
    "reply": (turn("reply", REPLY), AT_2 + ".*turn 2: (action|reply_tokens)"),
    "format": (flipped("format_ok", inside=True), AT_2 + ".*turn 2: format_ok"),
    "validity": (flipped("action_valid", inside=True), AT_2 + ".*turn 2: action_valid"),
    "hash": (turn("observation_hash", "f" * 64), AT_2 + ".*turn 2: observation_hash"),
    "NaN": (turn("reward", float("nan")), AT_2 + r"turns\.1\.reward"),
    "infinite": (turn("score", float("inf")), AT_2 + r"turns\.1\.score"),
    "huge count": (turn("reply_tokens", 10**400), AT_2),
    "count beyond all": (turn("reply_tokens", 10**8), AT_2 + r"turns\.1\.reply_tokens"),
    "rejected beyond all": (turn("rejected_tokens", 2**53), AT_2 + r"turns\.1\.rejected"),
    "no tokens for a text": (turn("reply_tokens", 0), AT_2 + ".*turn 2: reply_tokens"),
    "negative count": (turn("rejected_tokens", -1), AT_2 + r"turns\.1\.rejected_tokens"),
    "NaN uncertainty": (turn("uncertainty", float("nan")), AT_2 + r"turns\.1\.uncertainty"),
    "number as text": (turn("reward", "1.0"), AT_2 + r"turns\.1\.reward"),
    "number for a switch": (turn("format_ok", 1), AT_2 + r"turns\.1\.format_ok"),
    "null": (turn("action", None), AT_2 + r"turns\.1\.action"),
    "oversized text": (turn("reply", "a" * 200_001), AT_2 + r"turns\.1\.reply"),
    "unknown field of a turn": (turn("bonus", 1), AT_2 + r"turns\.1\.bonus"),
    "unknown field": (lambda lines: lines[1].update(bonus=1), AT_2 + "bonus"),
    "missing field": (without("score"), AT_2 + "score"),
    "missing hash": (without("prompts_hash"), AT_2 + "prompts_hash"),
    "dropped turn": (lambda lines: lines[1]["turns"].pop(), AT_2),
    "no turns": (lambda lines: lines[1]["turns"].clear(), AT_2 + ".*number of turns"),
    "first turn twice": (lambda lines: lines[1]["turns"].insert(0, lines[1]["turns"][0]), AT_2),
    "turns swapped": (lambda lines: lines[1]["turns"].reverse(), AT_2),
    "extra turn": (lambda lines: lines[1]["turns"].append(lines[1]["turns"][-1]), AT_2),
    "hashes swapped": (
        lambda lines: swap(lines[1]["turns"][0], lines[1]["turns"][1], "observation_hash"),
        AT_2 + ".*turn 1: observation_hash",
    ),
    "another task's name": (lambda lines: swap(lines[0], lines[-1], "task_id"), r"gz, line 1: "),
    "a task's episodes swapped": (lambda lines: lines.reverse(), r"gz, line 2: .*order of the pan"),
    "twice": (lambda lines: lines.insert(1, lines[0]), AT_2 + ".*stands twice"),
    "twice at the end": (lambda lines: lines.append(lines[0]), r"gz, line \d: .*stands twice"),
    "no such task": (field("task_id", "x"), AT_2 + ".*not of the panel"),
    "no such trial": (field("trial", 7), AT_2 + ".*not of the panel"),
    "huge trial": (field("trial", 2**60), AT_2 + "trial"),
    "dropped task": (lambda lines: lines.pop(), r"claimed\.episodes: claimed \d, found"),
    "all tasks dropped": (lambda lines: lines.clear(), r"claimed\.episodes: claimed \d, found 0"),
}
"""Changes of records; each is tried on both tracks."""


def raw(change: Callable[[bytes], bytes]) -> Change:
    def apply(folder: Path) -> None:
        data = gzip.decompress((folder / trajectory_file("toy")).read_bytes())
        changed = change(data)
        assert changed != data
        write_bytes(folder, "toy", changed)

    return apply


def packed(change: Callable[[bytes], bytes]) -> Change:
    def apply(folder: Path) -> None:
        path = folder / trajectory_file("toy")
        path.write_bytes(change(path.read_bytes()))
        sign(folder)

    return apply


def flip_middle(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def named(data: bytes) -> bytes:
    return data[:3] + b"\x08" + data[4:10] + b"name\0" + data[10:]


def many_keys(data: bytes) -> bytes:
    keys = ",".join(f'"k{number}":0' for number in range(30_000))
    return data[:1] + keys.encode() + b"," + data[1:]


def zeros(_: bytes) -> bytes:
    return gzip.compress(b"0" * (65 * 1024 * 1024), mtime=0)


BYTES: dict[str, tuple[Change, str]] = {
    "bad UTF-8": (raw(lambda d: d.replace(b"think", b"th\xff\xfek", 1)), "line 1: "),
    "byte order mark": (raw(lambda d: b"\xef\xbb\xbf" + d), "line 1: "),
    "white space": (raw(lambda d: d.replace(b":", b": ", 1)), "line 1: not written as"),
    "key twice": (raw(lambda d: b'{"score":0.0,' + d[1:]), "line 1: not written as"),
    "another spelling": (raw(lambda d: d.replace(b"think", b"th\\u0069nk", 1)), "not written as"),
    "another number": (raw(lambda d: d.replace(b'"score":0.0', b'"score":0e0', 1)), "not written"),
    "empty line": (raw(lambda d: d.replace(b"\n", b"\n\n", 1)), "line 2: "),
    "CRLF": (raw(lambda d: d.replace(b"\n", b"\r\n")), "line 1: not written as"),
    "two in a line": (raw(lambda d: d.replace(b"\n", b"", 1)), "line 1: "),
    "a list": (raw(lambda d: b"[" + d.replace(b"\n", b"]\n", 1)), "line 1: "),
    "deep": (raw(lambda d: b"[" * 100_000 + b"\n" + d), "line 1: "),
    "no last newline": (raw(lambda d: d[:-1]), "does not end with a newline"),
    "half a line more": (raw(lambda d: d + b'{"task_id":'), "does not end with a newline"),
    "cut off": (packed(lambda d: d[:-20]), r"toy\.jsonl\.gz is cut off"),
    "cut to the header": (packed(lambda d: d[:10]), r"toy\.jsonl\.gz is cut off"),
    "empty file": (packed(lambda d: b""), r"toy\.jsonl\.gz is cut off"),
    "a byte changed": (packed(flip_middle), r"toy\.jsonl\.gz"),
    "check sum changed": (packed(lambda d: d[:-8] + b"0000" + d[-4:]), "no intact gzip"),
    "something behind": (packed(lambda d: d + b"more"), "something behind"),
    "zeros behind": (packed(lambda d: d + b"\0" * 512), "something behind"),
    "a second member": (packed(lambda d: d + d), "something behind"),
    "not packed": (packed(gzip.decompress), "no gzip file with a plain header"),
    "a name in the header": (packed(named), "no gzip file with a plain header"),
    "many keys": (raw(many_keys), "line 1: more than 20,020 fields"),
    "bomb": (packed(zeros), "has more than 67,108,864 bytes"),
    "pickle": (packed(lambda d: b"\x80\x04N."), "no intact gzip"),
}


def link(place: str, target: str = "/etc/hostname") -> Change:
    def apply(folder: Path) -> None:
        path = folder / place
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return apply


def link_trajectories(folder: Path) -> None:
    elsewhere = folder.parents[1] / "elsewhere"
    shutil.move(folder / TRAJECTORIES, elsewhere)
    (folder / TRAJECTORIES).symlink_to(elsewhere)


def added(place: str, data: bytes = b"") -> Change:
    def apply(folder: Path) -> None:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(data)

    return apply


def removed(place: str) -> Change:
    return lambda folder: (folder / place).unlink()


def sums(change: Callable[[str], str]) -> Change:
    def apply(folder: Path) -> None:
        text = (folder / SUMS).read_text()
        assert change(text) != text
        (folder / SUMS).write_text(change(text))

    return apply


def renamed(name: str) -> Change:
    def apply(folder: Path) -> None:
        folder.rename(folder.with_name(name))

    return apply


def no_trajectories(folder: Path) -> None:
    (folder / trajectory_file("toy")).unlink()
    sign(folder)


def another_track(folder: Path) -> None:
    shutil.copy(folder / trajectory_file("toy"), folder / trajectory_file("other"))
    sign(folder)


def many_files(folder: Path) -> None:
    for number in range(70):
        (folder / TRAJECTORIES / f"t{number}.jsonl.gz").write_bytes(b"")


FILES: dict[str, tuple[Change, str]] = {
    "linked trajectories": (link(trajectory_file("toy")), r"toy\.jsonl\.gz is a link"),
    "dangling link": (link(trajectory_file("toy"), "nowhere"), r"toy\.jsonl\.gz is a link"),
    "linked folder": (link_trajectories, "trajectories is a link"),
    "linked README": (link(README, "../../secret"), "README.md is a link"),
    "linked sums": (link(SUMS), "SHA256SUMS is a link"),
    "added link": (link("more"), "more is a link"),
    "added file": (added("run.py", b"import os"), r"run\.py does not belong"),
    "hidden file": (added(".git"), r"\.git does not belong"),
    "added folder": (added("code/x.py"), "code does not belong"),
    "deep folder": (added("trajectories/a/toy.jsonl.gz"), "trajectories/a does not belong"),
    "pickle beside": (added("trajectories/toy.pkl"), r"toy\.pkl does not belong"),
    "capital letters": (added("trajectories/TOY.jsonl.gz"), r"TOY\.jsonl\.gz does not belong"),
    "odd name": (added("trajectories/\u202etoy.jsonl.gz"), "does not belong"),
    "pipe": (lambda folder: os.mkfifo(folder / "trajectories" / "p.jsonl.gz"), "no regular file"),
    "huge README": (added(README, b"a" * 300_000), "300,000 bytes; at most 262,144"),
    "many files": (many_files, "more than 64 files"),
    "no README": (removed(README), "README.md is missing"),
    "no sums": (removed(SUMS), "SHA256SUMS is missing"),
    "no trajectories": (
        no_trajectories,
        r"toy\.jsonl\.gz is missing",
    ),
    "trajectories of no track": (another_track, r"other\.jsonl\.gz belongs to no track"),
    "README changed": (added(README, b"# Better\n"), "README.md is not the file"),
    "absolute path": (
        sums(lambda text: text.replace("README.md", "/etc/passwd")),
        "/etc/passwd is listed and not there",
    ),
    "path escape": (sums(lambda text: text.replace("README.md", "../README.md")), "is listed and"),
    "sum missing": (sums(lambda text: text.partition("\n")[2]), "README.md is not listed"),
    "sum twice": (sums(lambda text: text + text.partition("\n")[0] + "\n"), "line 5: expected"),
    "sum in capitals": (sums(lambda text: text[:64].upper() + text[64:]), "line 1: expected"),
    "sum of another": (
        sums(lambda text: "0" * 64 + text[64:]),
        "README.md is not the file that SHA256SUMS lists",
    ),
    "sums by another separator": (
        sums(lambda text: text.replace("\n", "\x1c", 1)),
        "line 1: expected",
    ),
    "sums not ASCII": (added(SUMS, "Ä\n".encode()), "not plain ASCII"),
    "other day in the name": (renamed("20261129_lab_random"), "date, org, slug: name the folder"),
    "other name": (renamed("20261130_lab_better"), "date, org, slug: name the folder"),
    "no name": (renamed("random"), "is no name of a submission"),
}


def manifest(*path: str, value: Any) -> Change:
    def apply(folder: Path) -> None:
        fields = manifest_of(folder)
        place = fields
        for name in path[:-1]:
            place = place[name]
        assert place.get(path[-1]) != value
        place[path[-1]] = value
        write_manifest(folder, fields)

    return apply


def claimed(name: str, value: Any) -> Change:
    return manifest("tracks", "shop", "claimed", name, value=value)


def entry(name: str, value: Any) -> Change:
    return manifest("tracks", "toy", name, value=value)


def text(change: Callable[[str], str]) -> Change:
    def apply(folder: Path) -> None:
        path = folder / "submission.json"
        changed = change(path.read_text())
        assert changed != path.read_text()
        path.write_text(changed)
        sign(folder)

    return apply


def renamed_track(folder: Path) -> None:
    fields = manifest_of(folder)
    fields["tracks"]["made-up"] = fields["tracks"].pop("toy")
    (folder / trajectory_file("toy")).rename(folder / trajectory_file("made-up"))
    write_manifest(folder, fields)


MODEL = {"name": "m", "revision": "", "parameters": None, "open_weights": False, "url": ""}
CLAIMS = {
    **{"success": 0.9, "success_low": 0.8, "success_high": 1.0, "score": 0.95, "score_low": 0.9},
    **{"score_high": 0.99, "progress": 0.9, "turns": 2.0, "invalid": 0.5, "tokens": 10.0},
    **{"pass_at_k": 0.9, "pass_hat_k": 0.9, "tasks": 5, "episodes": 5},
}
MANIFEST: dict[str, tuple[Change, str]] = {
    **{
        f"claimed {name}": (claimed(name, value), rf"tracks\.shop\.claimed\.{name}: claimed")
        for name, value in CLAIMS.items()
    },
    "claim above one": (claimed("success", 1.5), r"tracks\.shop\.claimed\.success"),
    "claim of a kind": (claimed("kind", "easy"), r"claimed\.kind: claimed are the results of all"),
    "panel": (entry("panel_sha256", "0" * 64), r"tracks\.toy\.panel_sha256: the panel is"),
    "data": (entry("fingerprint", "0" * 64), r"tracks\.toy\.fingerprint: the track's data"),
    "base": (entry("base", "0" * 40), r"tracks\.toy\.base: needed exactly on fresh"),
    "fewer trials": (entry("trials", 1), r"tracks\.toy\.trials: at least 2"),
    "more trials": (entry("trials", 4), r"claimed\.\w+: claimed"),
    "no trials": (entry("trials", 0), r"tracks\.toy\.trials"),
    "seed of the run": (entry("seed", 5), "turn 0: seed: expected"),
    "unknown track": (renamed_track, "no track 'made-up'"),
    "no tracks": (manifest("tracks", value={}), "tracks"),
    "commit": (
        manifest("tracks", "toy", "origin", "commit", value="main"),
        r"tracks\.toy\.origin\.commit",
    ),
    "history of the prompts": (manifest("scaffold", "prompt", "history", value=1), "prompts_hash"),
    "listed actions": (
        manifest("scaffold", "prompt", "list_actions", value=False),
        "prompts_hash was recorded",
    ),
    "another template": (
        manifest("scaffold", "prompt", "template", value="compact"),
        "prompts_hash was recorded",
    ),
    "a module as template": (
        manifest("scaffold", "prompt", "template", value="os:path"),
        r"scaffold\.kind",
    ),
    "another parser": (
        manifest("scaffold", "prompt", "parser", value="webshop"),
        r"tracks\.toy\.parser: replies are read by tagged",
    ),
    "custom scaffold": (manifest("scaffold", "kind", value="custom"), r"scaffold\.kind"),
    "version of the format": (manifest("schema_version", value=2), "schema_version"),
    "unknown field": (manifest("bonus", value=1), "bonus"),
    "org": (manifest("org", value="other"), "date, org, slug"),
    "slug": (manifest("slug", value="../x"), "slug"),
    "day of no calendar": (manifest("date", value="2026-02-31"), "date: a day of the calendar"),
    "no contact": (manifest("contact", value=""), "contact"),
    "long name": (manifest("name", value="a" * 301), "name"),
    "name of two lines": (manifest("name", value="a\nb"), "name"),
    "script as address": (manifest("url", value="javascript:alert(1)"), "url"),
    "name that turns around": (manifest("name", value="a\u202eb"), "name"),
    "name with a C1 code": (manifest("name", value="a\u009bb"), "name"),
    "repeats nobody": (manifest("same_traces_as", value=["gone"]), "gone is not beside it"),
    "a class as template": (
        manifest("scaffold", "prompt", "template", value="t2po_gym.envs.alfworld.backends:Any"),
        r"scaffold\.kind",
    ),
    "another world's template": (
        manifest(
            "scaffold",
            "prompt",
            "template",
            value="t2po_gym.envs.webshop.originals.verl_agent_prompts:VerlAgentTemplate",
        ),
        r"jsonl\.gz, line 1: ",
    ),
    "notes with a NUL": (manifest("notes", value="a\0b"), "notes"),
    "plain http": (manifest("url", value="http://example.org"), "url"),
    "trained without training": (manifest("kind", value="trained"), "model: needed"),
    "prompted without model": (manifest("kind", value="prompted"), "model: needed"),
    "scripted with model": (manifest("model", value=MODEL), "model: needed"),
    "privileged as text": (manifest("privileged", value="no"), "privileged"),
    "infinite cost": (manifest("cost_usd", value=float("inf")), "cost_usd"),
    "key twice": (text(lambda t: '{"name": "x",' + t[1:]), "'name' stands twice"),
    "deep JSON": (text(lambda t: "[" * 50_000), "is no plain JSON|Invalid JSON"),
    "huge number": (text(lambda t: t.replace('"seed": 0', '"seed": 1' + "0" * 5000)), "submission"),
    "not JSON": (text(lambda t: t[:-3]), "is no plain JSON"),
    "a list": (text(lambda t: f"[{t}]"), "submission.json"),
}


def tamperings() -> dict[str, tuple[Change, str]]:
    found = {}
    for track in ("toy", "shop"):
        for name, (change, place) in RECORDS.items():
            found[f"{track}: {name}"] = (records(track, change), place)
    for kind, table in (("bytes", BYTES), ("files", FILES), ("manifest", MANIFEST)):
        found |= {f"{kind}: {name}": how for name, how in table.items()}
    return found


TAMPERINGS = tamperings()


def test_there_are_enough() -> None:
    assert len(TAMPERINGS) >= 120


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_changed_submission_is_refused(
    name: str, honest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, place = TAMPERINGS[name]
    folder = tmp_path / "submissions" / honest.name
    shutil.copytree(honest, folder)
    change(folder)
    (there,) = (tmp_path / "submissions").iterdir()
    assert main(["verify", str(there)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("t2po-gym: ")
    assert len(said) < 2_000, "one sentence"
    assert re.search(place, said), said


def test_an_untouched_submission_passes(honest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(honest)]) == 0
    assert "12 episodes replay as recorded (L1)" in capsys.readouterr().out


def test_signing_again_changes_nothing(honest: Path, tmp_path: Path) -> None:
    """The helpers that tamper write honest files byte for byte."""
    folder = tmp_path / honest.name
    shutil.copytree(honest, folder)
    for track in ("toy", "shop"):
        write_lines(folder, track, lines_of(folder, track))
    fields = json.loads((folder / "submission.json").read_text())
    write_manifest(folder, fields)
    assert main(["verify", str(folder)]) == 0
