"""What is searched: passages, and any collection of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from t2po_gym.envs.searchqa.data.fingerprints import RowDigest


class Passage(NamedTuple):
    r"""One passage of a corpus.

    Example:
        >>> Passage("7", "Paris", "Paris is a city.").contents
        '"Paris"\nParis is a city.'
    """

    id: str
    """Identifier within the corpus, as gold support names it."""

    title: str
    """What the passage is about, without quotes around it; may be empty."""

    text: str
    """The passage itself, without the title."""

    @property
    def contents(self) -> str:
        """Title in quotes, newline, text: the layout of wiki-18, and what is indexed."""
        return f'"{self.title}"\n{self.text}'


class CsvQuotedPassage(Passage):
    """A passage whose quotes are doubled in its contents, as in the wiki-18 file."""

    __slots__ = ()

    @property
    def contents(self) -> str:
        """Title in quotes, newline, text, each quote within them doubled."""
        doubled = (part.replace('"', '""') for part in (self.title, self.text))
        return '"{}"\n{}'.format(*doubled)


class BarePassage(Passage):
    """A passage whose contents have the title on their first line without quotes around it."""

    __slots__ = ()

    @property
    def contents(self) -> str:
        """Title, newline, text."""
        return f"{self.title}\n{self.text}"


class UntitledPassage(Passage):
    """A passage without a title; its contents are its text alone."""

    __slots__ = ()

    @property
    def contents(self) -> str:
        """The text."""
        return self.text


class Corpus(Protocol):
    """Passages by number, 0 to ``len(corpus) - 1``; retrievers speak of these numbers."""

    @property
    def fingerprint(self) -> str:
        """Hex digest that differs whenever a passage or their order does."""

    def __len__(self) -> int:
        """Return the number of passages."""

    def passage(self, index: int) -> Passage:
        """Return one passage.

        Raises:
            IndexError: `index` is not between 0 and ``len(self) - 1``.
        """


class ListCorpus:
    """Passages in memory, for tests and small collections.

    Args:
        passages: in the order of their numbers.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = tuple(passages)
        digest = RowDigest("passages")
        for passage in self._passages:
            digest.add(passage.id, passage.contents)
        self.fingerprint = digest.hexdigest()

    def __len__(self) -> int:
        return len(self._passages)

    def passage(self, index: int) -> Passage:
        """Return one passage."""
        check_index(index, len(self._passages), "passages")
        return self._passages[index]


def check_index(index: int, size: int, what: str) -> None:
    """Refuse a number outside ``range(size)``; negative numbers do not count from the end.

    Raises:
        IndexError: naming `what` was counted.
    """
    if not 0 <= index < size:
        raise IndexError(f"index {index} is outside 0 .. {size - 1}: there are {size} {what}.")
