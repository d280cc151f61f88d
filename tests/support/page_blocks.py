"""Run the code blocks of a page in order: ``python tests/support/page_blocks.py PAGE``.

The current folder becomes the reader's. What a block is, its fence and first line say:

* ``python`` - run in one interpreter for the whole page;
* ``sh`` - run by ``bash -e`` in the same folder and environment;
* any block that begins with a comment such as ``# stones.py`` - saved under that name, not run;
* ``text`` - in a tutorial what the block before it must have printed; ``...`` stands for anything;
  in other pages any text;
* ``toml`` - in other pages than tutorials it must parse;
* a block that begins with ``# Needs a GPU`` or ``# Needs a key``, or that stands under a comment
  such as ``<!-- needs: a GPU -->`` or ``<!-- run by: tests/test_it.py -->`` - left out.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FENCE = re.compile(
    r"(?:^<!-- ((?:needs|run by): [^\n]+?) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
FILE = re.compile(r"# (\w+\.(?:py|toml))")
NEEDS = ("# Needs a GPU", "# Needs a key")
LANGUAGES = ("python", "sh", "toml", "text")


class PageError(Exception):
    """A block that fails, or that no reader could run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block. Example: ``Block(line=7, language="sh", text="ls\\n")``."""

    line: int
    language: str
    text: str
    mark: str = ""
    """What the comment above it says."""

    @property
    def file(self) -> str:
        """Name it is saved under; empty for a block that is run."""
        found = FILE.fullmatch(self.text.partition("\n")[0])
        return found[1] if found else ""

    @property
    def needs(self) -> bool:
        """Whether it needs what a test does not have."""
        return bool(self.mark) or self.text.startswith(NEEDS)


def blocks_of(page: str) -> list[Block]:
    """Return the blocks of a page in order."""
    return [
        Block(
            line=page.count("\n", 0, found.start(2)) + 1,
            language=found[2],
            text=found[3],
            mark=found[1] or "",
        )
        for found in FENCE.finditer(page)
    ]


def run_page(page: str, tutorial: bool = True) -> int:
    """Run the blocks of a page and return how many were run, saved, parsed or compared."""
    names: dict[str, object] = {"__name__": "__main__"}
    printed = ""
    done = 0
    for block in blocks_of(page):
        if block.needs:
            continue
        if block.language == "text":
            if not tutorial:
                continue
            compare(block, printed)
        elif block.language == "toml" and not tutorial:
            tomllib.loads(block.text)
        elif block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            printed = run_python(block, names)
        elif block.language == "sh":
            printed = run_shell(block)
        else:
            raise PageError(f"line {block.line}: nobody can run {block.language or 'this'!r}")
        done += 1
    return done


def run_python(block: Block, names: dict[str, object]) -> str:
    """Run a block in the page's interpreter; its tracebacks have the page's line numbers."""
    sys.path[0] = os.getcwd()  # the reader's folder, as in an interactive session
    code = compile("\n" * block.line + block.text, "<page>", "exec")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, names)
    return out.getvalue()


def run_shell(block: Block) -> str:
    """Run a block as a script of its own; what it leaves in the background goes on."""
    made = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", block.text],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise PageError(f"line {block.line}: exit status {made.returncode}\n{made.stderr[-3000:]}")
    return made.stdout


def compare(block: Block, printed: str) -> None:
    """Compare what a page says was printed with what was."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    if not doctest.OutputChecker().check_output(block.text, printed, flags):
        raise PageError(f"line {block.line}: the page says\n{block.text}but printed was\n{printed}")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    print(run_page(path.read_text(encoding="utf-8"), tutorial=path.parent.name == "tutorials"))
