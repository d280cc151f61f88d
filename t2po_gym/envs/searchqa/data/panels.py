"""Panels: fixed, hashed lists of questions, so that a score states what it was measured on.

A panel of a generated world is the first n questions of some levels of a split, which is a fair
sample of them. A panel of real questions is listed in a manifest, a small JSON file with ids and a
digest, but no questions::

    {"format": "t2po-gym/searchqa-panel/1", "name": "hotpotqa-dev-500", "source": "hotpotqa",
     "split": "dev", "ids": ["dev_0", ...], "sha256": "..."}

The digest covers the questions and answers themselves, so a changed question is detected.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from t2po_gym.data.json_text import parse_json
from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.fingerprints import RowDigest
from t2po_gym.envs.searchqa.data.questions import ListQuestions, Question, QuestionSet

FORMAT = "t2po-gym/searchqa-panel/1"
"""``format`` of a manifest."""

PANELS: Mapping[str, tuple[str, tuple[int, ...], int]] = {
    "test-500": ("test", (1, 2, 3), 500),
    "test-easy-300": ("test", (1,), 300),
    "test-medium-300": ("test", (2,), 300),
    "test-hard-300": ("test", (3,), 300),
    "test-expert-300": ("test", (4,), 300),
    "dev-900": ("dev", (1, 2, 3), 900),
    "test-wording-500": ("test-wording", (1, 2, 3), 500),
    "test-entities-500": ("test-entities", (1, 2, 3), 500),
}
"""Fixed panels of the default world: name -> split, numbers of hops, number of questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelManifest:
    """The contents of a panel.

    Example:
        >>> PanelManifest(name="mini", source="nq", split="dev", ids=("1",), sha256="0" * 64).name
        'mini'
    """

    name: str
    """Its name."""

    source: str
    """The data set its questions come from."""

    split: str
    """Their split."""

    ids: tuple[str, ...]
    """Ids of its questions, in order."""

    sha256: str
    """`panel_digest` of its questions."""


def panel_digest(questions: Iterable[Question]) -> str:
    """Return the sha256 that identifies a panel: of its ids, questions and answers, in order."""
    digest = RowDigest("panel")
    for question in questions:
        digest.add(question.id, question.text, question.answers)
    return digest.hexdigest()


def panel_questions(questions: QuestionSet, hops: Sequence[int], size: int) -> ListQuestions:
    """Return the first `size` questions with these numbers of hops, fewer if there are fewer."""
    found: list[Question] = []
    for number in range(len(questions)):
        if len(found) == size:
            break
        question = questions.question(number)
        if question.hops in hops:
            found.append(question)
    return ListQuestions(found)


def make_manifest(name: str, split: str, questions: Sequence[Question]) -> PanelManifest:
    """Describe a panel of the given questions."""
    sources = sorted({question.source for question in questions})
    return PanelManifest(
        name=name,
        source="+".join(sources),
        split=split,
        ids=tuple(question.id for question in questions),
        sha256=panel_digest(questions),
    )


def write_manifest(path: Path, manifest: PanelManifest) -> None:
    """Write a manifest."""
    content = {
        "format": FORMAT,
        "name": manifest.name,
        "source": manifest.source,
        "split": manifest.split,
        "sha256": manifest.sha256,
        "ids": manifest.ids,
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_manifest(path: Path) -> PanelManifest:
    """Read a manifest.

    Raises:
        DataFileError: If the file is missing or not a manifest.
    """
    try:
        content = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataFileError(f"The panel {path} cannot be read: {error}.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataFileError(f"{path} is no panel manifest; its 'format' must be {FORMAT!r}.")
    names = ("name", "source", "split", "sha256")
    ids = content.get("ids")
    if (
        not all(isinstance(content.get(name), str) for name in names)
        or not isinstance(ids, list)
        or not all(isinstance(one, str) for one in ids)
    ):
        raise DataFileError(
            f"The panel {path} lacks one of {', '.join(names)} (texts) or ids (a list of texts)."
        )
    return PanelManifest(ids=tuple(ids), **{name: content[name] for name in names})


def select_panel(questions: QuestionSet, manifest: PanelManifest) -> ListQuestions:
    """Return the questions of a panel.

    Raises:
        DataFileError: If a question is not in the set, or differs from the panel's.
    """
    found = []
    for name in manifest.ids:
        number = questions.index_of(name)
        if number is None:
            raise DataFileError(
                f"The panel {manifest.name!r} has a question {name!r} that is not in this set; "
                f"it is made of {manifest.source} ({manifest.split})."
            )
        found.append(questions.question(number))
    if panel_digest(found) != manifest.sha256:
        raise DataFileError(
            f"The questions of the panel {manifest.name!r} are not those it was made of: their "
            f"digest is not {manifest.sha256[:16]}..."
        )
    return ListQuestions(found)
