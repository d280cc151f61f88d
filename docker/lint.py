"""Check the Dockerfiles and shell scripts of this folder.

    python docker/lint.py            # all of them; or name some

Dockerfiles keep hadolint's rules (docker/hadolint.yaml) and six that it does not have (T2P001 to
T2P006); scripts keep ShellCheck's. Needs the extra ``docker``, which brings these programs.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from dockerfile_parse import DockerfileParser

FOLDER = Path(__file__).resolve().parent
SECRET = re.compile(r"(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|API_?KEY|KEY)(_|$)", re.I)
IN_URL = re.compile(r"://[^/\s@]+@")
LATEST = "latest"


class Step(NamedTuple):
    """One instruction: ``Step(3, "RUN", "pip install .")``."""

    line: int
    name: str
    value: str


class Finding(NamedTuple):
    """What is wrong on a line, with the rule it breaks."""

    line: int
    rule: str
    words: str


Rule = Callable[[Sequence[Step]], Iterator[Finding]]


def steps_of(path: Path) -> list[Step]:
    """Return the instructions of a Dockerfile, continuation lines joined."""
    with path.open("rb") as file:
        found = DockerfileParser(fileobj=file).structure
    return [
        Step(one["startline"] + 1, one["instruction"], one["value"])
        for one in found
        if one["instruction"] != "COMMENT"
    ]


def defaults(steps: Sequence[Step]) -> dict[str, str]:
    """Return the arguments of a build with their defaults."""
    pairs = (step.value.partition("=") for step in steps if step.name == "ARG")
    return {name: value.strip("\"'") for name, _, value in pairs}


def filled(text: str, values: dict[str, str]) -> str:
    """Put defaults in the place of ``$NAME`` and ``${NAME}``."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: values.get(found[1], found[0]), text)


def base_has_a_tag(steps: Sequence[Step]) -> Iterator[Finding]:
    """T2P001: every base has a tag or a digest, through its argument too."""
    values = defaults(steps)
    for step in steps:
        if step.name == "FROM":
            image = filled(step.value.split()[0], values)
            tag = image.rpartition("/")[2].partition(":")[2]
            if "@sha256:" not in image and tag in ("", LATEST):
                yield Finding(step.line, "T2P001", f"base {image} has no tag of its own")


def no_secrets(steps: Sequence[Step]) -> Iterator[Finding]:
    """T2P002: no ENV or ARG is named like a secret, and no address holds a password."""
    for step in steps:
        if step.name in ("ENV", "ARG"):
            names = [word.partition("=")[0] for word in shlex.split(step.value)]
            for name in filter(SECRET.search, names):
                yield Finding(step.line, "T2P002", f"{name} would stay in the image's history")
        if IN_URL.search(step.value):
            yield Finding(step.line, "T2P002", "an address with a password in it")


def servers_tell_their_health(steps: Sequence[Step]) -> Iterator[Finding]:
    """T2P003: what exposes a port has a health check."""
    named = {step.name: step.line for step in steps}
    if "EXPOSE" in named and "HEALTHCHECK" not in named:
        yield Finding(named["EXPOSE"], "T2P003", "a server without a HEALTHCHECK")


def user_is_a_number(steps: Sequence[Step]) -> Iterator[Finding]:
    """T2P004: the last user is a number other than 0, which a platform can check."""
    users = [step for step in steps if step.name == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1].value):
        line = (users or steps)[-1].line
        yield Finding(line, "T2P004", "the image's user is not a number above 0, as in 10001:10001")


def copies_only(steps: Sequence[Step]) -> Iterator[Finding]:
    """T2P005: COPY, never ADD, which unpacks archives and downloads whatever is there today."""
    for step in steps:
        if step.name == "ADD":
            yield Finding(step.line, "T2P005", "COPY instead of ADD")


def pip_is_pinned(steps: Sequence[Step]) -> Iterator[Finding]:
    """T2P006: what pip installs is this project or one version, through its argument too."""
    values = defaults(steps)
    for step in steps:
        if step.name == "RUN":
            for word in pip_words(filled(step.value, values)):
                if not word.startswith((".", "-")) and "==" not in word:
                    yield Finding(step.line, "T2P006", f"pip installs {word} without a version")


def pip_words(script: str) -> Iterator[str]:
    """Yield what the ``pip install`` commands of a script install, and their options."""
    for command in re.split(r"&&|\|\||[;|]", script):
        words = shlex.split(command)
        if "install" in words and "pip" in " ".join(words[: words.index("install")]):
            rest = words[words.index("install") + 1 :]
            skip = {n + 1 for n, word in enumerate(rest) if word in ("--index-url", "--editable")}
            yield from (word for n, word in enumerate(rest) if n not in skip)


RULES: tuple[Rule, ...] = (
    base_has_a_tag,
    no_secrets,
    servers_tell_their_health,
    user_is_a_number,
    copies_only,
    pip_is_pinned,
)


def own_findings(path: Path) -> list[str]:
    """Return what the rules T2P001 to T2P006 find in a Dockerfile."""
    steps = steps_of(path)
    found = sorted(finding for rule in RULES for finding in rule(steps))
    return [f"{path}:{one.line} {one.rule} {one.words}" for one in found]


def said_by(name: str, *arguments: str) -> list[str]:
    """Return the lines that a linter prints.

    Raises:
        SystemExit: If it is not installed, or failed without a finding.
    """
    beside = Path(sys.executable).parent
    program = shutil.which(name, path=str(beside)) or shutil.which(name)
    if program is None:
        raise SystemExit(f"{name} is missing; run: pip install 't2po-gym[docker]'")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode and not done.stdout:
        raise SystemExit(f"{name} failed: {done.stderr.strip()}")
    return done.stdout.splitlines()


def findings(path: Path) -> list[str]:
    """Return what all rules find in a Dockerfile or a shell script."""
    if path.suffix == ".sh":
        return said_by("shellcheck", "--format=gcc", str(path))
    settings = ("--no-color", "--config", str(FOLDER / "hadolint.yaml"))
    return said_by("hadolint", *settings, str(path)) + own_findings(path)


def main(names: Sequence[str]) -> int:
    """Print what is wrong; return 1 if anything is."""
    own = (*FOLDER.glob("*.Dockerfile"), *FOLDER.glob("*.sh"))
    paths = [Path(name) for name in names] or sorted(own)
    found = [line for path in paths for line in findings(path)]
    print("\n".join([*found, f"{len(paths)} files, {len(found)} findings"]))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
