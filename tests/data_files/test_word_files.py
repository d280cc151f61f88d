"""Word files: what their format is, what a slip is answered, when they are read, that they ship."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from t2po_gym.data.word_files import WordFileError, parse_sections, read_sections

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "t2po_gym" / "envs").glob("*/generate/words/*.ini"))

TEXT = """
# about lamps
[desk lamps]
price = 10
uses = reading; writing a
    letter;

    drawing
[desk lamps]
sentences =
    # is no comment here
    It is = to that; [so] to speak.
"""


def test_sections_entries_and_lines_keep_their_order() -> None:
    first, second = parse_sections(TEXT, "lamps.ini")
    assert (first.name, second.name) == ("desk lamps", "desk lamps")
    assert list(first.entries) == ["price", "uses"]
    assert first.number("price") == 10
    assert first.lines("uses") == ("reading; writing a", "letter;", "drawing")
    assert first.text("uses") == "reading; writing a letter; drawing"
    assert first.items("uses") == ("reading", "writing a letter", "drawing")
    assert second.lines("sentences") == ("# is no comment here", "It is = to that; [so] to speak.")
    assert (first.lines("none"), first.text("none"), first.items("none")) == ((), "", ())


def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path, monkeypatch) -> None:
    package = tmp_path / "some_words"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "lamps.ini").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    monkeypatch.syspath_prepend(tmp_path)
    read = read_sections("some_words", "lamps.ini")
    assert [s.entries for s in read] == [s.entries for s in parse_sections(TEXT, "lamps.ini")]


def test_what_was_read_cannot_be_changed() -> None:
    section = parse_sections(TEXT, "lamps.ini")[0]
    with pytest.raises(TypeError):
        section.entries["price"] = ("11",)  # type: ignore[index]
    with pytest.raises(AttributeError):
        section.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price = 10", r"x\.ini, line 1: 'price' stands before the first \[section\]"),
        ("[a]\n\n# b\nprice", "line 4: expected an entry .* not 'price'"),
        ("[a]\n= 10", "line 2: expected an entry .* not '= 10'"),
        ("[a]\nprice = 1\nprice = 2", "line 3: 'price' is there twice"),
        ("[a]\n   deep", "line 2: an indented line goes on with a value, but .*: 'deep'"),
        ("[a]\nb = 1\n[c]\n   deep", "line 4: an indented line goes on with a value"),
        ("[a", r"line 1: a section is written \[name\], not '\[a'"),
        ("[ ]", r"line 1: a section is written \[name\]"),
    ],
)
def test_a_slip_is_answered_with_its_line(text: str, message: str) -> None:
    with pytest.raises(WordFileError, match=message):
        parse_sections(text, "x.ini")


def test_a_reader_says_which_key_or_number_is_wrong() -> None:
    section = parse_sections("[a]\nprice = ten\nuses =", "x.ini")[0]
    with pytest.raises(WordFileError, match=r"x\.ini, line 1: 'price' of .* not 'ten'"):
        section.number("price")
    with pytest.raises(WordFileError, match=r"lacks 'colour'; its keys are price, uses, colour"):
        section.expect(("price", "uses", "colour"))
    with pytest.raises(WordFileError, match=r"unknown key 'uses'; .* price, use \(optional\)"):
        section.expect(("price",), ("use",))
    assert section.expect(("price",), ("uses",)) is section


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parents[2].name}/{path.name}")
def test_word_files_say_how_they_are_written_and_fit_the_page(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert max(map(len, lines)) <= 100
    assert all(line == line.rstrip() and "\t" not in line for line in lines)
    assert parse_sections("\n".join(lines), path.name)


def test_only_word_files_lie_among_the_words() -> None:
    assert len(FILES) >= 20
    folders = {path.parent for path in FILES}
    others = {path.name for folder in folders for path in folder.iterdir() if path.is_file()}
    assert others - {path.name for path in FILES} == {"__init__.py"}


def opened(code: str, cache: Path) -> list[str]:
    """Return the names of the word files that a new process opens while it runs some code."""
    hook = (
        "import os, sys\n"
        "names = []\n"
        "def note(event, args):\n"
        "    if event == 'open' and isinstance(args[0], (str, os.PathLike)):\n"
        "        path = os.fspath(args[0])\n"
        "        if isinstance(path, str) and path.endswith('.ini'): names.append(path)\n"
        "sys.addaudithook(note)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"{hook}{code}\nprint(*names, sep='\\n')"],
        env={**os.environ, "T2PO_GYM_CACHE": str(cache)},
        check=True,
        capture_output=True,
        text=True,
    )
    return [Path(line).name for line in run.stdout.splitlines() if line]


def test_importing_reads_no_word_file(tmp_path: Path) -> None:
    generators = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "t2po_gym" / "envs").glob("*/generate/*.py"))
    ]
    imports = "".join(f"import {name}\n" for name in ["t2po_gym", *generators])
    assert opened(imports, tmp_path) == []


def test_a_cached_catalogue_needs_no_word_file(tmp_path: Path) -> None:
    code = "import gymnasium as gym, t2po_gym\ngym.make('t2po/WebShop-v0').reset(seed=0)"
    first = opened(code, tmp_path)
    assert "attributes.ini" in first
    assert len(first) == len(set(first))  # each is read once
    assert opened(code, tmp_path) == []


def test_the_built_package_contains_every_word_file(monkeypatch: pytest.MonkeyPatch) -> None:
    # The release that builds the package; an older one cannot read pyproject.toml.
    pytest.importorskip("setuptools", minversion="77")
    monkeypatch.chdir(ROOT)
    # setuptools brings the module distutils along, which newer Pythons lack.
    core = importlib.import_module("distutils.core")
    distribution = core.run_setup("setup.py", stop_after="config")
    build = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    build.manifest_files = {}  # only what pyproject.toml declares counts
    packages = {name: build.get_package_dir(name) for name in distribution.packages}
    shipped = {
        Path(file)
        for name, folder in packages.items()
        for file in build.find_data_files(name, folder)
    }
    assert {path.relative_to(ROOT) for path in FILES} <= shipped
    assert {".".join(path.relative_to(ROOT).parent.parts) for path in FILES} <= set(packages)
