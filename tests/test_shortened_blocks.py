"""Blocks of the pages that take minutes: each line is run as it stands, but for one short step."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from page_blocks import blocks_of

ROOT = Path(__file__).resolve().parents[1]
MARK = "run by: tests/test_shortened_blocks.py"
SHORT = "--run.steps 1 --rollout.tasks 2 --eval.tasks 2"
PAGES = ("README.md", *(f"docs/{name}.md" for name in ("algorithms", "scale", "t2po", "watch")))
RUN = "NAME"
"""What the pages call a training run, a submission; with any name a folder of them."""


def lines() -> list[str]:
    """Lines of the marked blocks, each once."""
    blocks = [block for page in PAGES for block in blocks_of((ROOT / page).read_text("utf-8"))]
    texts = [block.text for block in blocks if block.mark == MARK]
    return list(dict.fromkeys(line for text in texts for line in text.splitlines()))


def shortened(line: str) -> str:
    """Return a line with the words that make it short.

    Raises:
        ValueError: it is of no kind that can be.
    """
    command = line.partition("  #")[0].strip()
    if command.startswith("python baselines/"):
        return f"{command} {SHORT}"
    if command.startswith("make train"):
        return f"{command} ARGS={shlex.quote(f'{SHORT} --run.root {RUN}')}"
    if command.startswith("make test"):
        return f"{command} ARGS=tests/test_layers.py"
    if command.startswith("t2po-gym watch"):
        return command
    raise ValueError(f"nobody knows how to shorten {line!r}")


def run(command: str, folder: Path) -> str:
    """Run a command as a reader does who has made the environment active."""
    commands = Path(sys.executable).parent
    own = {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, **own, "OMP_NUM_THREADS": "1", "NO_COLOR": "1", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a training run of three steps, its traces, and a submission, called NAME."""
    folder = tmp_path_factory.mktemp("reader")
    toy = "--preset toy --run.steps 3 --rollout.tasks 2 --eval.tasks 2"
    run(f"python {ROOT}/baselines/t2po_train.py {toy} --run.name {RUN}", folder)
    traces = sorted((folder / "runs" / RUN / "traces").glob("*.jsonl.gz"))
    (folder / "traces.jsonl.gz").write_bytes(traces[0].read_bytes())
    submissions = folder / "leaderboards" / "submissions"
    submissions.mkdir(parents=True)
    known = sorted((ROOT / "leaderboards" / "submissions").iterdir())
    (submissions / RUN).symlink_to(known[0])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("line", lines())
def test_a_line_that_takes_minutes_runs(line: str, tmp_path: Path, played: Path) -> None:
    if find_spec("torch") is None:
        pytest.skip("the trainers need torch")
    command = shortened(line)
    if command.startswith("t2po-gym watch"):
        page = next((word for word in command.split() if word.endswith(".html")), "")
        said = run(command, played)
        assert (played / page).is_file() if page else "Episode 1 of " in said
        return
    if command.startswith("make "):
        if Path(sys.prefix) != ROOT / ".venv":
            pytest.skip("make would set up another environment than this one")
        said = run(command.replace(RUN, str(tmp_path)), ROOT)
        assert " passed" in said if "make test" in line else any(tmp_path.iterdir())
        return
    if "data smollm2" in command:
        from baselines.pretrained.smollm2 import model_folder

        if not model_folder().is_dir():
            pytest.skip("the model is not here: t2po-gym data smollm2")
    (tmp_path / "baselines").symlink_to(ROOT / "baselines")
    run(command, tmp_path)
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_there_are_lines_of_every_kind() -> None:
    kinds = {line.split()[0] for line in lines()}
    assert kinds == {"make", "python", "t2po-gym"}
    assert all(map(shortened, lines()))
