"""Word files: tables of words that generators draw from, as text that people read and edit.

    # A line that begins with "#" is a comment.
    [desk lamps]
    price_range = 10 45
    sentences =
        It stands on any desk.
        The switch is easy to find.

A file is sections of entries; an entry is a key and a value. Indented lines go on with the value
above them. Whoever reads a value decides what its lines are: a list with an item on each
(`Section.lines`) or one long text that was folded (`Section.text`, `Section.items`). Several
sections may have the same name; the order of everything is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["Section", "WordFileError", "parse_sections", "read_sections"]


class WordFileError(ValueError):
    """A word file does not say what its reader needs; the message names file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of a word file.

    Example:
        >>> lamps = parse_sections("[lamps]" + chr(10) + "uses = reading; writing", "lamps.ini")[0]
        >>> lamps.name, lamps.items("uses")
        ('lamps', ('reading', 'writing'))
    """

    place: str
    """File and line it begins at, for messages."""

    name: str
    """What stands between the brackets."""

    entries: Mapping[str, tuple[str, ...]]
    """Key -> the lines of its value, without indentation; none is empty."""

    def expect(self, required: Collection[str], optional: Collection[str] = ()) -> Section:
        """Return the section itself.

        Raises:
            WordFileError: a required key is missing or a key is neither required nor optional.
        """
        missing = [key for key in required if key not in self.entries]
        unknown = [key for key in self.entries if key not in required and key not in optional]
        if missing or unknown:
            fault = f"lacks {missing[0]!r}" if missing else f"has an unknown key {unknown[0]!r}"
            raise WordFileError(
                f"{self.place}: section [{self.name}] {fault}; its keys are "
                f"{', '.join([*required, *(f'{key} (optional)' for key in optional)])}."
            )
        return self

    def lines(self, key: str) -> tuple[str, ...]:
        """Return the lines of a value; none where the key is missing."""
        return self.entries.get(key, ())

    def text(self, key: str) -> str:
        """Return a value as one text, its lines joined by blanks; empty where it is missing."""
        return " ".join(self.lines(key))

    def items(self, key: str, separator: str = ";") -> tuple[str, ...]:
        """Return the parts of a text between separators, without blanks around them."""
        parts = (part.strip() for part in self.text(key).split(separator))
        return tuple(part for part in parts if part)

    def number(self, key: str) -> int:
        """Return a value that is a whole number.

        Raises:
            WordFileError: it is none, or the key is missing.
        """
        text = self.text(key)
        if not (text.isascii() and text.isdigit()):
            raise WordFileError(
                f"{self.place}: {key!r} of section [{self.name}] must be a whole number, "
                f"not {text!r}."
            )
        return int(text)


def read_sections(package: str, name: str) -> tuple[Section, ...]:
    """Read a word file that comes with a package.

    Args:
        package: Dotted name of the package the file lies in.
        name: File name.

    Raises:
        FileNotFoundError: there is no such file.
        WordFileError: a line is none of a comment, a section, an entry or the rest of a value.
    """
    # Imported here because it takes a millisecond or two, and cached data needs no word file.
    from importlib.resources import files

    return parse_sections(files(package).joinpath(name).read_text(encoding="utf-8-sig"), name)


def parse_sections(text: str, name: str) -> tuple[Section, ...]:
    """Return the sections of a text; ``name`` is what messages call it.

    Raises:
        WordFileError: a line is none of a comment, a section, an entry or the rest of a value.
    """
    found = []
    entries: dict[str, list[str]] | None = None
    value: list[str] | None = None
    for place, line in _content(text, name):
        words = line.strip()
        if line[0].isspace():
            if value is None:
                raise WordFileError(
                    f"{place}: an indented line goes on with a value, but there is none above it: "
                    f"{words!r}."
                )
            value.append(words)
        elif line[0] == "[":
            if words[-1] != "]" or not words[1:-1].strip():
                raise WordFileError(f"{place}: a section is written [name], not {words!r}.")
            entries, value = {}, None
            found.append((place, words[1:-1].strip(), entries))
        else:
            value = _begin(place, words, entries)
    return tuple(
        Section(
            place=place,
            name=section,
            entries=MappingProxyType({key: tuple(lines) for key, lines in of_section.items()}),
        )
        for place, section, of_section in found
    )


def _content(text: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the lines that say something, each with its place."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and line[0] != "#":
            yield f"{name}, line {number}", line


def _begin(place: str, words: str, entries: dict[str, list[str]] | None) -> list[str]:
    """Begin an entry; returns the list that the lines of its value are added to."""
    key, equals, first = words.partition("=")
    key, first = key.strip(), first.strip()
    if not (key and equals):
        raise WordFileError(
            f"{place}: expected an entry such as key = value, a [section] or an indented line, "
            f"not {words!r}."
        )
    if entries is None:
        raise WordFileError(f"{place}: {key!r} stands before the first [section].")
    if key in entries:
        raise WordFileError(f"{place}: {key!r} is there twice; a section has each key once.")
    entries[key] = [first] if first else []
    return entries[key]
