"""Slips in the word files: one sentence names the file, the line and what belongs there.

Every test changes a real file and lets the generator's own reader read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from t2po_gym.data import word_files
from t2po_gym.data.word_files import Section, WordFileError
from t2po_gym.envs.alfworld.generate import room_contents
from t2po_gym.envs.searchqa.generate import name_words, wording, wording_questions
from t2po_gym.envs.webshop.generate import departments

READERS = (room_contents, name_words, wording, wording_questions, departments)


def forget() -> None:
    for module in READERS:
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, str], None]]:
    """Let readers find another text in place of one in a file."""

    def edit(name: str, old: str, new: str) -> None:
        def read(package: str, asked: str) -> tuple[Section, ...]:
            path = Path(word_files.__file__).parents[2] / package.replace(".", "/") / asked
            text = path.read_text(encoding="utf-8")
            if asked == name:
                assert old in text
                text = text.replace(old, new, 1)
            return word_files.parse_sections(text, asked)

        for module in READERS:
            if hasattr(module, "read_sections"):
                monkeypatch.setattr(module, "read_sections", read)
        forget()

    yield edit
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize(
    ("read", "name", "old", "new", "message"),
    [
        (departments.kinds, "beauty.ini", "heads =", "head =", "beauty.ini, line .* lacks 'heads'"),
        (departments.kinds, "beauty.ini", "tails =", "tail =", "unknown key 'tail'"),
        (departments.kinds, "beauty.ini", "price_range = 8 70", "price_range = 8", "8 70, not '8'"),
        (departments.kinds, "beauty.ini", "percent = 30", "percent = few", "number, not 'few'"),
        (departments.kinds, "beauty.ini", "\n[department]", "\n[shop]", r"must be \[department\]"),
        (departments.attributes, "attributes.ini", "before =", "beside =", "key 'beside'"),
        (departments.attributes, "attributes.ini", "cruelty free |", "kind", r"text \| clause"),
        (departments.option_pools, "options.ini", "any:", "some:", "any or run"),
        (departments.kinds, "beauty.ini", "= cruelty free;", "= kind;", "'kind', which is not in"),
        (departments.kinds, "beauty.ini", "scent=scent", "scent=smell", "'smell', which is not in"),
        (departments.brands, "shop.ini", "ends =", "end =", "lacks 'ends'"),
        (
            wording.wordings,
            "town.ini",
            "\n[lead]",
            "\n[first]",
            r"\[relation NAME\], not \[first\]",
        ),
        (wording.wordings, "town.ini", "questions =", "question =", "lacks 'questions'"),
        (wording.wordings, "town.ini", "asides =", "aside =", "lacks 'asides'"),
        (wording.named_asides, "asides.ini", "asides =", "aside =", "lacks 'asides'"),
        (name_words.title_words, "names.ini", "matters =", "stuff =", "lacks 'matters'"),
        (wording_questions.age_questions, "questions.ini", "later =", "last =", "lacks 'later'"),
        (wording_questions.meetings, "questions.ini", "second =", "next =", "lacks 'second'"),
        (
            lambda: room_contents.furniture("kitchen"),
            "kitchen.ini",
            "Cabinet:2-8",
            "Cabinet",
            "a piece is written",
        ),
        (
            lambda: room_contents.furniture("kitchen"),
            "kitchen.ini",
            "Cabinet:2-8",
            "Cabinet:2--8",
            "a piece is written",
        ),
        (
            lambda: room_contents.object_rows("kitchen"),
            "kitchen.ini",
            "Apple = 100 33/31",
            "Apple = 100 33//31",
            "an object is written .* not Apple",
        ),
        (
            lambda: room_contents.object_rows("kitchen"),
            "kitchen.ini",
            "Apple = 100",
            "Apple = all",
            "an object is written .* not Apple",
        ),
        (room_contents.can_contain, "objects.ini", "\n[can contain]", "\n[may]", "in this order"),
    ],
)
def test_a_slip_in_a_word_file_is_named(
    edited: Callable[[str, str, str], None],
    read: Callable[[], object],
    name: str,
    old: str,
    new: str,
    message: str,
) -> None:
    read()
    edited(name, old, new)
    with pytest.raises(WordFileError, match=message):
        read()


def test_what_readers_return_cannot_be_changed() -> None:
    tables = (
        departments.attributes(),
        departments.option_pools(),
        departments.department_words(),
        wording.wordings(),
        wording.slots(),
        name_words.occupations(),
        wording_questions.age_questions(),
        room_contents.can_contain(),
        room_contents.object_rows("kitchen")[0].places,
    )
    for table in tables:
        with pytest.raises(TypeError):
            table["x"] = ()  # type: ignore[index]
