"""The Dockerfiles keep every rule, the linter notices a broken one, and labels tell the truth."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dockerfile_parse", reason="needs the extra docker")

FOLDER = Path(__file__).resolve().parents[2] / "docker"
ROOT = FOLDER.parent
DOCKERFILES = sorted(FOLDER.glob("*.Dockerfile"))

spec = importlib.util.spec_from_file_location("docker_lint", FOLDER / "lint.py")
lint = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = lint
spec.loader.exec_module(lint)

GOOD = """\
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}
LABEL org.opencontainers.image.title="a" org.opencontainers.image.description="b"
LABEL org.opencontainers.image.version="0.1.0" org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
RUN pip install --no-cache-dir --index-url https://example.org/simple six==1.17.0 '.[train]'
USER 10001:10001
CMD ["python3"]
"""

BROKEN = {
    "DL3002": GOOD.replace("USER 10001:10001", "USER root"),
    "DL3006": GOOD.replace("${BASE}", "debian"),
    "DL3007": GOOD.replace("${BASE}", "debian:latest"),
    "DL3009": GOOD.replace("pip", "apt-get update && apt-get install -y --no-install-recommends x"),
    "DL3015": GOOD.replace("pip", "apt-get install -y x && pip"),
    "DL3020": GOOD.replace("WORKDIR /app", "ADD baselines /app"),
    "DL3025": GOOD.replace('["python3"]', "python3"),
    "DL3026": GOOD.replace("${BASE}", "registry.example.org/debian:12"),
    "DL3042": GOOD.replace(" --no-cache-dir", ""),
    "DL3049": GOOD.replace('org.opencontainers.image.title="a"', ""),
    "DL4006": GOOD.replace("RUN pip", "RUN python3 --version | cat && pip"),
    "SC2086": GOOD.replace("RUN pip", "RUN touch $HOME && pip"),
    "T2P001": GOOD.replace(":3.12-slim-bookworm", ""),
    "T2P002": GOOD.replace("WORKDIR /app", "WORKDIR /app\nARG HF_TOKEN"),
    "T2P003": GOOD.replace("USER", "EXPOSE 8000\nUSER"),
    "T2P004": GOOD.replace("USER 10001:10001", "USER gym"),
    "T2P005": GOOD.replace("WORKDIR /app", "ADD https://example.org/a.tar.gz /app/"),
    "T2P006": GOOD.replace("six==1.17.0", "six"),
}


def findings(folder: Path, text: str) -> list[str]:
    path = folder / "test.Dockerfile"
    path.write_text(text, encoding="utf-8")
    return lint.findings(path)


@pytest.mark.parametrize("path", [*DOCKERFILES, *FOLDER.glob("*.sh")], ids=lambda path: path.name)
def test_the_project_keeps_the_rules(path):
    assert lint.findings(path) == []


def test_a_good_file_has_no_findings(tmp_path):
    assert findings(tmp_path, GOOD) == []


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_noticed(rule, tmp_path):
    assert BROKEN[rule] != GOOD
    assert any(rule in line for line in findings(tmp_path, BROKEN[rule]))


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("T2P001", "FROM localhost:5000/python"),
        ("T2P002", "ENV A=1 API_KEY=2"),
        ("T2P002", "ENV PIP_INDEX_URL=https://me:word@example.org/simple"),
        ("T2P004", "USER 0:0"),
        ("T2P006", "RUN python3 -m pip install six"),
        ("T2P006", 'ARG TORCH=torch\nRUN true; pip install "$TORCH"'),
    ],
)
def test_other_ways_to_break_a_rule_are_noticed(rule, line, tmp_path):
    text = f"{GOOD}{line}\n"
    assert [rule in found for found in findings(tmp_path, text)].count(True) == 1


@pytest.mark.parametrize(
    "line", ["ARG TOKENIZERS=1", "ENV MONKEY=1", "FROM a@sha256:0 AS b", "RUN pip --version"]
)
def test_what_only_looks_like_a_fault_is_none(line, tmp_path):
    path = tmp_path / "test.Dockerfile"
    path.write_text(f"{GOOD}{line}\nUSER 10001:10001\n", encoding="utf-8")
    assert lint.own_findings(path) == []


def test_a_careless_script_is_noticed(tmp_path):
    path = tmp_path / "careless.sh"
    path.write_text("#!/bin/sh\ncd /tmp\nrm -rf $1\n", encoding="utf-8")
    assert any("SC2086" in line for line in lint.findings(path))


def test_the_command_fails_if_there_are_findings(tmp_path):
    path = tmp_path / "test.Dockerfile"
    for text, status in ((GOOD, 0), (BROKEN["DL3002"], 1)):
        path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, FOLDER / "lint.py", path], capture_output=True)
        assert done.returncode == status, done.stdout


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_the_label_is_the_projects_version(path):
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert f'org.opencontainers.image.version="{version[1]}"' in path.read_text("utf-8")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_what_is_copied_exists_and_is_let_in(path):
    """The ignore file names what may enter; Docker reads its last matching line."""
    allowed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = [line[1:] for line in allowed if line.startswith("!")]
    sources = [
        source
        for step in lint.steps_of(path)
        if step.name == "COPY"
        for source in step.value.split()[:-1]
    ]
    assert len(sources) > 3
    for source in sources:
        assert (ROOT / source).exists()
        assert any(Path(source).match(pattern) for pattern in allowed), source


@pytest.mark.parametrize("path", sorted(FOLDER.glob("check_*")), ids=lambda path: path.name)
def test_checks_can_be_executed(path):
    """COPY keeps a file's mode, so no builder needs to know --chmod."""
    assert path.stat().st_mode & 0o111
