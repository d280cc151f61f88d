"""`t2po-gym play` in a pseudo-terminal: what stands on the screen, and what keys do."""

import sys
from pathlib import Path

import pytest

from t2po_gym import read_traces, replay

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is a thing of Unix", allow_module_level=True)

from terminal import CTRL_C, CTRL_D, ENTER, TAB, terminal

pytestmark = pytest.mark.usefixtures("own_cache")
SHOP = ("play", "t2po/WebShop-v0", "--set", "catalogue=generated:60", "--seed", "1")
QUESTIONS = ("play", "t2po/SearchQA-v0", "--set", "corpus=generated:300:0", "--max-turns", "3")
HOUSE = ("play", "t2po/ALFWorld-v0", "--split", "dev", "--task-index", "3")


def test_the_shop(tmp_path: Path) -> None:
    path, saved = tmp_path / "play.jsonl", tmp_path / "saved.jsonl.gz"
    with terminal(*SHOP, "--record", str(path)) as shop:
        screen = shop.see("\n>")
        assert "turn 0 of 15 ───" in screen
        assert "[Search]" in screen
        assert "progress 0.00 ░░░░░░░░░░" in screen
        assert "Instruction:" not in screen
        shop.type(f"sea{TAB}lamp]{ENTER}")
        shop.see("turn 1 of 15")
        shop.see("click[...] with a text in brackets")
        shop.type(f"/page{ENTER}")
        shop.see(" [SEP] ")
        shop.type(f"back{TAB}")  # a button is found by its own name
        shop.see("> click[back to search]")
        shop.type(ENTER)
        shop.see("turn 2 of 15")
        shop.type(f"/undo{ENTER}")
        shop.see("turn 1 of 15", gone="turn 2 of 15")
        shop.type(f"/save {saved}{ENTER}")
        shop.see("Saved in")
        shop.type(CTRL_C)
        shop.see("t2po-gym: interrupted")
        assert "Traceback" not in shop.text
        assert shop.ended() == 130
    (trace,) = read_traces(path)
    assert trace.actions == ("search[lamp]",)
    assert replay(trace) == trace
    assert list(read_traces(saved)) == [trace]


def test_a_question_on_a_narrow_terminal_without_colours(tmp_path: Path) -> None:
    path = tmp_path / "play.jsonl"
    words = (*QUESTIONS, "--record", str(path))
    plain = {"NO_COLOR": "1", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    with terminal(*words, rows=20, columns=40, **plain, PYTHONIOENCODING="ascii") as question:
        screen = question.see("\n>")
        assert "progress 0.00 ----------" in screen
        assert "turn 0 of 3 ---" in screen
        question.type(f"ans{TAB}nobody{TAB}{ENTER}")
        question.see("Ended after 1 turn:")
        question.type(f"look{ENTER}")
        question.see("The episode has ended")
        question.resize(24, 70)
        question.type(f"/undo{ENTER}")
        question.see("> /undo\nturn 0 of 3")
        question.type(f"answer[somebody]{ENTER}")
        question.see("Answer: somebody")
        question.type(CTRL_D)
        question.see("Recorded in")
        assert "Traceback" not in question.text
        assert question.ended() == 0
    (trace,) = read_traces(path)
    assert trace.actions == ("answer[somebody]",)
    assert trace.turns[-1].terminated
    assert replay(trace) == trace


def test_a_closed_window_loses_no_episode(tmp_path: Path) -> None:
    path = tmp_path / "play.jsonl"
    with terminal(*HOUSE, "--record", str(path)) as house:
        screen = house.see("\n>")
        assert "Task: " in screen
        house.type(f"inv{TAB}")
        house.see("> inventory")
        house.type(ENTER)
        house.see("turn 1 of 50")
        house.type(f"\x1b[200~look\nlook\x1b[201~{ENTER}")  # pasted
        house.see("turn 3 of 50")
        house.hang_up()
    (trace,) = read_traces(path)
    assert trace.actions == ("inventory", "look", "look")
    assert replay(trace) == trace


def test_without_the_extra_lines_are_typed_bare(tmp_path: Path) -> None:
    hidden = tmp_path / "sitecustomize.py"
    hidden.write_text("import sys\nsys.modules['prompt_toolkit'] = None\n")
    path = f"{tmp_path}:{Path(__file__).parents[3]}"
    with terminal("play", "t2po/ToyKeys-v0", "--seed", "3", PYTHONPATH=path) as bare:
        screen = bare.see("\n>")
        assert "pip install 't2po-gym[play]'" in screen
        bare.type(f"look{ENTER}")
        bare.see("turn 1 of 12")
        bare.type(f"/quit{ENTER}")
        bare.see("Not recorded: --record FILE keeps")
        assert bare.ended() == 0
