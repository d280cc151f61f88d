"""Pages, status lines and completion are pure: text in, text out."""

from io import StringIO

import pytest
from rich.console import Console, RenderableType
from webshop_envs import make

from t2po_gym.cli.play.completion import completions, opening
from t2po_gym.cli.play.page import SEPARATOR, on_page, packed, page_view, pieces_of
from t2po_gym.cli.play.status import bar, in_short, progress_line, turn_words
from t2po_gym.envs.webshop.world.pages import SEPARATOR as SHOP_SEPARATOR

RESULTS = SEPARATOR.join(
    [
        *("Instruction:", "Find me a lamp", "Back to Search", "Page 1 (Total results: 12)"),
        *("Next >", "B000000001", "A red lamp", "$7.0", "B000000002", "A blue lamp", "$8.5"),
    ]
)
CLICKS = ("back to search", "next >", "b000000001", "b000000002")
ACTIONS = tuple(f"click[{name}]" for name in CLICKS)


def shown(renderable: RenderableType, width: int = 80) -> list[str]:
    console = Console(file=StringIO(), width=width, highlight=False)
    console.print(renderable)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_the_separator_is_the_shops() -> None:
    assert SEPARATOR == SHOP_SEPARATOR


def test_a_results_page() -> None:
    assert shown(page_view(RESULTS, ACTIONS, "Find me a lamp", 80)) == [
        "[Back to Search]",
        "Page 1 (Total results: 12)",
        "[Next >]",
        "[B000000001]  A red lamp  $7.0",
        "[B000000002]  A blue lamp  $8.5",
    ]


def test_a_results_page_on_a_narrow_terminal() -> None:
    lines = shown(page_view(RESULTS, ACTIONS, "Find me a lamp", 20), 20)
    assert lines[-4:] == ["[B000000001]", "A red lamp  $7.0", "[B000000002]", "A blue lamp  $8.5"]
    assert max(map(len, lines)) <= 20


def test_other_pages_keep_their_lines() -> None:
    page = "You arrive at desk 1.\n\nOn the desk 1, you see a mug 2."
    assert pieces_of(page, ("look",), "find a mug") == []
    assert shown(page_view(page, ("look",), "find a mug", 80)) == page.splitlines()


def test_control_characters_are_written_out() -> None:
    assert shown(page_view("a\x1b[2Jb", (), "", 80)) == [r"a\x1b[2Jb"]
    page = SEPARATOR.join(["red\x1b[31m", "Buy Now"])
    assert shown(page_view(page, ("click[buy now]",), "", 80)) == [r"red\x1b[31m", "[Buy Now]"]


def test_every_text_and_button_of_the_shop_is_shown(own_cache: None) -> None:
    env = make(catalogue="generated:60")
    observation, info = env.reset(seed=0)
    for action in (
        f"search[{info['task']}]",
        "first",
        "click[features]",
        "click[< prev]",
        "click[buy now]",
    ):
        pieces = pieces_of(observation, info["admissible_actions"], info["task"])
        view = page_view(observation, info["admissible_actions"], info["task"], 80)
        text = " ".join(" ".join(shown(view)).split())
        for piece in pieces:
            if len(piece.text) < 40:
                assert (f"[{piece.text}]" if piece.button else piece.text) in text
        clicks = [a for a in info["admissible_actions"] if a.startswith("click[")]
        assert all(on_page(click, pieces) for click in clicks)
        if action == "first":
            action = next(click for click in clicks if click.startswith("click[b0"))
        observation, *_, info = env.step(action)
    assert "Your score" in observation


def test_words_are_packed_and_never_broken() -> None:
    assert packed(["aa", "bb", "c" * 9], 7) == ["aa  bb", "c" * 9]
    assert packed([], 10) == []


def test_actions_in_short() -> None:
    actions = ["go to desk 1", "go to desk 10", "go to desk 2", "take mug 1 from desk 2", "look"]
    assert in_short(actions) == ["go to desk 1-2, 10", "take mug 1 from desk 2", "look"]
    assert in_short(["a 01", "a 1"]) == ["a 01", "a 1"]
    assert in_short(["go", "go 1"]) == ["go", "go 1"]
    names = [f"click[{i}]" for i in range(50)]
    assert in_short(names, 3) == [*names[:3], "... and 47 more (/actions)"]


def test_progress_and_turns() -> None:
    assert bar(0.25, 8, plain=True) == "##------"
    assert bar(1.0, 4, plain=False) == "████"
    assert progress_line(0.1, [], 40, plain=True) == "progress 0.10 #---------"
    line = progress_line(1.0, [0.1] * 20 + [-1.0, 0.001], 40, plain=True)
    assert line == "progress 1.00 ########## .. +.10 -1.00 0"
    assert progress_line(1.0, [0.1], 20, plain=True) == "progress 1.00 ##########"
    assert turn_words(3, 15) == "turn 3 of 15"
    assert turn_words(3, 10**9) == "turn 3"


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("", ["search[", "click[back to search]", "click[next >]"]),
        ("sea", ["search[", "click[back to search]"]),
        ("search[", []),
        ("search[red lamp", ["search[red lamp]"]),
        ("search[red lamp]", []),
        ("NEXT", ["click[next >]"]),
        ("  click[n", ["click[next >]"]),
        ("to back", ["click[back to search]"]),
        ("click[next >]", []),
        ("zebra", []),
        ("/", ["/undo", "/save "]),
        ("/s", ["/save "]),
        ("/save x", []),
    ],
)
def test_completion(typed: str, lines: list[str]) -> None:
    actions = ("search[<your query>]", "click[back to search]", "click[next >]")
    assert completions(typed, actions, ("/undo", "/save ")) == lines


def test_only_patterns_are_opened() -> None:
    assert opening("answer[<text>]") == "answer["
    assert opening("click[< prev]") == "click[< prev]"
    assert opening("click[<b>red</b>]") == "click[<b>red</b>]"
    assert opening("go to desk 1") == "go to desk 1"
