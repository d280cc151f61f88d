"""``t2po-gym data searchqa``: compiling, reports, panels, samples, questions from a registry."""

import json
from pathlib import Path

import pytest

from t2po_gym.cli import main as cli
from t2po_gym.cli.data import searchqa as cli_data_searchqa
from t2po_gym.envs.searchqa.data.panels import read_manifest, select_panel
from t2po_gym.envs.searchqa.worlds import open_questions


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path_factory.getbasetemp() / "cli-searchqa"))
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments) -> int:
    return cli.main(["data", "searchqa", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path) -> Path:
    rows = [{"id": n % 4, "text": f"passage {n % 4}"} for n in range(6)]
    asked = [{"id": f"dev_{n}", "question": f"Who {n}?", "golden_answers": ["A"]} for n in range(3)]
    for name, content in (("corpus.jsonl", rows), ("nq_dev.jsonl", asked)):
        text = "".join(json.dumps(row) + "\n" for row in content)
        (tmp_path / name).write_text(text)
    (tmp_path / "nq_test.jsonl").write_text(json.dumps({**asked[0], "id": "test_0"}) + "\n")
    return tmp_path


def test_a_generated_world_is_compiled_and_described(capsys):
    assert run("--size", 300, "--seed", 1, "--verify") == 0
    text = capsys.readouterr().out
    for words in ("300", "seed 1", "corpus fingerprint", "1: 80, 2: 80", "test-entities", "Panels"):
        assert words in text


def test_real_files_are_checked_and_their_origin_told(folder, capsys):
    assert run(folder) == 0
    text = capsys.readouterr().out
    for words in ("FlashRAG_datasets", "Bamboogle", "duplicates", "dev: 1", "CC BY-SA"):
        assert words in text


def test_the_data_variable_names_a_folder(folder, monkeypatch, capsys):
    monkeypatch.setenv("T2PO_GYM_DATA", str(folder))
    assert run() == run("original") == 0
    assert capsys.readouterr().out.count("nq_dev.jsonl") == 2


def test_a_panel_is_written(folder, tmp_path, capsys):
    assert run(folder, "--panel", "dev:2", "--out", tmp_path / "nq-2.json") == 0
    manifest = read_manifest(tmp_path / "nq-2.json")
    assert (manifest.name, manifest.ids) == ("nq-2", ("nq/dev_0", "nq/dev_1"))
    assert manifest.sha256 in capsys.readouterr().out
    assert len(select_panel(open_questions(folder, "dev"), manifest)) == 2


def test_sample_pages_are_written(tmp_path):
    assert run("--size", 300, "--samples", tmp_path / "s.md") == 0
    page = (tmp_path / "s.md").read_text()
    assert page.count("\n> ") == page.count("- answers:") == 20
    assert "generated:300:0" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "--size", "300"], "give a path, or --size and --seed"),
        (["--size", "7"], "300 to 1,000,000"),
        (["nowhere"], "neither the name of a world"),
        (["original"], "The world 'original' needs T2PO_GYM_DATA"),
        (["--size", "300", "--panel", "dev"], "--panel needs --out"),
        (["--size", "300", "--panel", "dev:x", "--out", "p"], "expected SPLIT or SPLIT:NUMBER"),
        (["--size", "300", "--panel", "exam", "--out", "p"], "no 'exam' questions"),
        (["--size", "300", "--panel", "dev:99999", "--out", "p"], "N must be from 1 to"),
        (["--size", "300", "--panel", "dev:1", "--out", "/no/such/folder/p"], "/no/such/folder"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments, message, capsys):
    assert run(*arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "\n" not in error.strip()


def test_samples_of_real_data_are_refused(folder, capsys):
    assert run(folder, "--samples", folder / "s.md") == 1
    assert "--samples shows generated worlds" in capsys.readouterr().err


def test_questions_from_the_registry(folder, monkeypatch, capsys):
    target = folder / "registry"

    def fetch(place):
        place.mkdir()
        (place / "nq_dev.jsonl").write_text((folder / "nq_dev.jsonl").read_text())
        return {"nq_dev.jsonl": 3}

    monkeypatch.setattr(cli_data_searchqa, "fetch_questions", fetch)
    assert run("--from-registry", target) == 0
    text = capsys.readouterr().out
    assert "pyserini==0.12.0" in text
    assert "Licences" in text
