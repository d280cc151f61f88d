"""Writes sample passages and questions of a generated world as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterator

from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.generate.graph import KINDS, Entity
from t2po_gym.envs.searchqa.generate.hashing import stream
from t2po_gym.envs.searchqa.generate.world import GeneratedWorld

_HEAD = """\
# Search QA: passages and questions to look at

{count} passages and {count} questions of the generated world of {size:,} passages, seed {seed}, \
drawn evenly over kinds and levels.
Written by `t2po-gym data searchqa {spec} --samples FILE`; nothing here was chosen by hand.
"""


def sample_page(world: GeneratedWorld, count: int = 20) -> str:
    """Return a page of `count` passages, kinds taking turns, and `count` questions, levels alike.

    Questions are the first of ``test``, of which the levels take turns too.
    """
    spec = f"generated:{world.size}:{world.seed}"
    parts = [_HEAD.format(count=count, size=world.size, seed=world.seed, spec=spec)]
    parts += ["## Passages", *_passages(world, count), "## Questions"]
    drawn = world.questions("test")
    parts += [_question(question) for question, _ in zip(drawn, range(count), strict=False)]
    return "\n\n".join(parts) + "\n"


def _passages(world: GeneratedWorld, count: int) -> Iterator[str]:
    draws = stream(f"{world.graph.key}/samples")
    for place in range(count):
        kind = KINDS[place % len(KINDS)]
        passage = world.writer.write(Entity(kind, draws.below(world.graph.sizes[kind])))
        words = len(passage.text.split())
        yield f"**{passage.title}** (`{passage.id}`, {kind}, {words} words)\n\n> {passage.text}"


def _question(question: Question) -> str:
    lines = (
        f"**{question.text}** (`{question.id}`)",
        f"- answers: {'; '.join(question.answers)}",
        f"- gold passages: {', '.join(question.support)}",
        f"- an oracle searches for: {'; '.join(question.search_path)}",
    )
    return "\n\n".join((lines[0], "\n".join(lines[1:])))
