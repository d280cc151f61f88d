"""No GPL in what the light extras install, by the metadata of what is installed here."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = ("", "train", "lora", "eval", "serve", "site", "browser", "play", "data")


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", ROOT / "tools" / "dependencies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


licences = tool()


def needed(name: str, extra: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Names of a distribution and of all that it brings along, as far as they are installed."""
    if (name, extra) in seen:
        return
    seen.add((name, extra))
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    yield found.metadata["Name"]
    for text in found.requires or ():
        one = Requirement(text)
        if one.marker is None or one.marker.evaluate({"extra": extra}):
            for inner in {"", *one.extras}:
                yield from needed(one.name, inner, seen)


def kind_of(name: str) -> str:
    about = distribution(name).metadata
    said = [about.get_all(field) or [""] for field in ("License-Expression", "License")]
    kind: str = licences.kind_of(name, said[0][0], said[1][0], about.get_all("Classifier") or ())
    return kind


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra or "core")
def test_no_gpl(extra: str) -> None:
    names = set(needed("t2po-gym", extra, set()))
    assert {"t2po-gym", "gymnasium", "numpy", "rich"} <= names
    found = {name: kind_of(name) for name in names}
    strict = {licences.GPL, licences.UNKNOWN}
    assert {name: kind for name, kind in found.items() if kind in strict} == {}


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("MIT", licences.PERMISSIVE),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", licences.PERMISSIVE),
        ("Apache-2.0 WITH LLVM-exception", licences.PERMISSIVE),
        ("MPL-2.0 AND MIT", licences.WEAK),
        ("LGPL-2.1-or-later", licences.WEAK),
        ("GPL-3.0-only", licences.GPL),
        ("AGPL-3.0-or-later", licences.GPL),
        ("MIT AND GPL-2.0-only", licences.GPL),
        ("MIT OR GPL-2.0-only", licences.PERMISSIVE),
        ("(MPL-2.0 OR GPL-2.0-or-later) AND MIT", licences.WEAK),
        ("(MIT OR GPL-2.0-only) AND (GPL-2.0-only OR AGPL-3.0-only)", licences.GPL),
        ("LicenseRef-NVIDIA-Proprietary", licences.PROPRIETARY),
        ("LicenseRef-Ours", licences.UNKNOWN),
    ],
)
def test_kinds_of_expressions(expression: str, kind: str) -> None:
    assert licences.kind_of("some", expression, "", ()) == kind


@pytest.mark.parametrize(
    ("classifier", "kind"),
    [
        ("OSI Approved :: MIT License", licences.PERMISSIVE),
        ("OSI Approved :: GNU General Public License v3 (GPLv3)", licences.GPL),
        ("OSI Approved :: GNU Affero General Public License v3", licences.GPL),
        ("OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", licences.WEAK),
        ("OSI Approved :: GNU Library or Lesser General Public License (LGPL)", licences.WEAK),
        ("OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", licences.WEAK),
    ],
)
def test_kinds_of_classifiers(classifier: str, kind: str) -> None:
    assert licences.kind_of("some", "", "", [f"License :: {classifier}"]) == kind


def test_a_silent_distribution_is_noticed() -> None:
    assert licences.kind_of("some", "", "", ["License :: OSI Approved"]) == licences.UNKNOWN
    assert licences.kind_of("some", "", "See the file LICENSE.", ()) == licences.UNKNOWN


def test_the_page_names_every_extra() -> None:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| ")]
    table = {cell[0].strip().strip("`"): [word.strip() for word in cell[1:]] for cell in cells[1:]}
    assert set(table) == {extra or "core" for extra in licences.extras()}
    for extra in (*EXTRAS[1:], "core", "vllm"):
        assert table[extra][2] == "-", f"{extra} brings GPL"
