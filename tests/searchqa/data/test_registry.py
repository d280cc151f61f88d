"""Questions out of a registry package: both layouts inside it, bad packages, no package."""

import io
import json
import subprocess
import zipfile
from types import SimpleNamespace

import pytest

from t2po_gym.envs.searchqa.data import registry
from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.worlds import open_questions, question_splits

TABLE = 'who ran\t[\'A B\', \'A B\', \'C\']\r\n"say ""hi"""\t"[\'it\'\'s\', ""D""]"\r\n'
ROWS = '{"question": "who ran?", "answer": ["A", "B"]}\n'


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))


def make_wheel(path, texts):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as jar:
        for name, text in texts.items():
            jar.writestr(f"topics-and-qrels/{name}", text)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("package/thing.jar", inner.getvalue())
    return path


def usual_texts():
    return {
        name: ROWS if target.startswith(("squad", "web")) else TABLE
        for target, name in registry.FILES.items()
    }


def test_questions_are_written_in_flashrags_layout(tmp_path):
    wheel = make_wheel(tmp_path / "x.whl", usual_texts())
    counts = registry.write_questions_of(wheel, tmp_path / "out")
    assert counts == {n: 1 if n.startswith(("squad", "web")) else 2 for n in registry.FILES}
    rows = [json.loads(line) for line in (tmp_path / "out" / "nq" / "dev.jsonl").open()]
    assert rows[0] == {
        "id": "dev_0",
        "question": "who ran",
        "golden_answers": ["A B", "C"],
        "data_source": "nq",
    }
    assert rows[1]["question"] == 'say "hi"'
    assert rows[1]["golden_answers"] == ["its", "D"]
    assert question_splits(tmp_path / "out") == {"dev": 4, "test": 6}
    assert open_questions(tmp_path / "out" / "nq", "dev").question(0).id == "nq/dev_0"


@pytest.mark.parametrize("line", ["who ran", "who ran\tnot a list", '{"question": "x"}', "a\tb\tc"])
def test_unreadable_lines_are_named(tmp_path, line):
    wheel = make_wheel(tmp_path / "x.whl", {**usual_texts(), "topics.dpr.nq.test.txt": line})
    with pytest.raises(DataFileError, match=r"Line 1 of the questions for nq/test\.jsonl"):
        registry.write_questions_of(wheel, tmp_path / "out")


def test_other_wheels_are_refused(tmp_path):
    (tmp_path / "x.whl").write_bytes(b"no zip")
    with pytest.raises(DataFileError, match="does not hold the question files"):
        registry.write_questions_of(tmp_path / "x.whl", tmp_path)
    with pytest.raises(DataFileError, match="does not hold the question files"):
        registry.write_questions_of(make_wheel(tmp_path / "y.whl", {}), tmp_path)


def test_the_package_is_fetched_with_pip_and_failures_are_told(tmp_path, monkeypatch):
    commands = []

    def run(command, **_):
        commands.append(command)
        folder = command[command.index("--dest") + 1]
        make_wheel(f"{folder}/p.whl", usual_texts())
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    assert registry.fetch_questions(tmp_path)["nq/dev.jsonl"] == 2
    assert commands[0][1:4] == ["-m", "pip", "download"]
    assert commands[0][-1] == registry.PACKAGE

    def failing(command, **_):
        return SimpleNamespace(returncode=1, stderr="x\nERROR: no route")

    monkeypatch.setattr(subprocess, "run", failing)
    with pytest.raises(DataFileError, match="could not be fetched with pip: ERROR: no route"):
        registry.fetch_questions(tmp_path)

    def late(command, **_):
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(DataFileError, match="could not be fetched with pip"):
        registry.fetch_questions(tmp_path)
