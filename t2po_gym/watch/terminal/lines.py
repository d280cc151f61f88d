"""What the terminal shows of a list, an episode and a turn, as styled lines."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from t2po_gym.watch.episodes import Episode, Head, Reply, State, Turn
from t2po_gym.watch.terminal.theme import clean, legend, shade
from t2po_gym.watch.words import (
    closing_words,
    delta_words,
    ending_words,
    judged_words,
    number,
    percent,
    validity_words,
)

__all__ = ["episode_lines", "head_line", "title_lines", "turn_lines"]

MOST_LISTED = 60
"""Admissible actions that are shown."""
BAR = 30


def head_line(place: int, head: Head, width: int = 3) -> Text:
    """Return an episode's line in the list; `place` counts from 1."""
    outcome = ("solved", "good") if head.success else ("failed", "bad")
    kind = f" ({clean(head.task_type)})" if head.task_type else ""
    copy = f", {head.copy}" if head.copy else ""
    return Text.assemble(
        (f"{place:>{width}}  ", "quiet"),
        outcome,
        f"  {percent(head.score):>7}  {head.turns:>3} turns  ",
        (clean(head.source), "label"),
        f"  {clean(head.task_id)}{kind}{copy}",
    )


def title_lines(place: int, total: int, episode: Episode) -> list[Text]:
    """Return what stands above every turn of an episode."""
    head = episode.head
    outcome = ("solved", "good") if head.success else ("failed", "bad")
    copy = f", {head.copy}" if head.copy else ""
    return [
        Text.assemble(
            (f"Episode {place} of {total}  ", "title"),
            (clean(head.source), "label"),
            "" if head.source == episode.env_id else f"  {clean(episode.env_id)}",
            f"  {clean(head.task_id)}{copy}",
        ),
        Text.assemble(
            outcome,
            f", score {percent(head.score)}, {ending_words(episode)}, seed {episode.seed}",
        ),
    ]


def episode_lines(place: int, total: int, episode: Episode) -> Iterator[Text]:
    """Yield a whole episode."""
    yield from title_lines(place, total, episode)
    if not episode.turns:
        yield from _page("Observation", episode.first)
    for index in range(len(episode.turns)):
        yield Text()
        yield from turn_lines(episode, index, unfolded=True)


def turn_lines(
    episode: Episode, index: int, *, unfolded: bool, actions: bool = False
) -> Iterator[Text]:
    """Yield one turn.

    Args:
        episode: that it is of.
        index: of the turn, from 0.
        unfolded: whether the tries that TDS threw away are shown whole.
        actions: whether the admissible actions are listed.
    """
    turn = episode.turns[index]
    yield Text(f"--- Turn {index + 1} of {len(episode.turns)} ", "title")
    yield _progress_line(turn)
    yield from _page("Observation", turn.before)
    if actions:
        yield Text("Admissible actions", "label")
        yield _listed(turn.before)
    yield from _tries(turn, episode, unfolded)
    if turn.reply is not None:
        yield from _reply("Reply", turn.reply, episode)
        if any(token.level is not None for token in turn.reply.tokens):
            yield legend()
    good = turn.action_valid and turn.format_ok is not False
    yield Text.assemble(
        ("Action ", "label"),
        clean(turn.action) or "(empty)",
        "  ",
        (validity_words(turn), "good" if good else "bad"),
    )
    yield Text(_figures(turn, episode), "quiet")
    if index + 1 == len(episode.turns):
        yield from _page("What came of it", turn.after)


def _page(title: str, state: State) -> Iterator[Text]:
    yield Text(title, "label")
    yield Text(clean(state.observation))


def _listed(state: State) -> Text:
    shown = "  ".join(map(clean, state.admissible[:MOST_LISTED])) or "none"
    rest = len(state.admissible) - MOST_LISTED
    return Text(f"{shown}  ... and {rest} more" if rest > 0 else shown)


def _tries(turn: Turn, episode: Episode, unfolded: bool) -> Iterator[Text]:
    for place, tried in enumerate(turn.rejected, start=1):
        title = f"Try {place}, thrown away by TDS: {judged_words(tried, episode)}"
        if unfolded:
            yield from _reply(title, tried, episode)
        else:
            yield Text.assemble((title, "label"), (f", {tried.count} tokens (r shows it)", "quiet"))


def _reply(title: str, reply: Reply, episode: Episode) -> Iterator[Text]:
    yield Text(title, "label")
    yield _written(reply)
    if words := closing_words(reply, episode):
        yield Text(words, "tti")


def _written(reply: Reply) -> Text:
    """Return a reply with its tokens coloured by M and the forced ones in brackets."""
    if not reply.tokens:
        return Text(clean(reply.text))
    line, forced = Text(), False
    for token in reply.tokens:
        if token.forced != forced:
            line.append("⟦" if token.forced else "⟧", "tti")
            forced = token.forced
        line.append(clean(token.text), "quiet" if token.given else shade(token.level))
    return line.append("⟧", "tti") if forced else line


def _progress_line(turn: Turn) -> Text:
    after = turn.after.progress
    if after is None:
        return Text("Progress is not measured.", "quiet")
    filled = round(after * BAR)
    reached = [
        name
        for name, there in turn.after.milestones.items()
        if there and not turn.before.milestones.get(name, False)
    ]
    marks = f"  reached: {', '.join(map(clean, reached))}" if reached else ""
    bar = "#" * filled + "." * (BAR - filled)
    return Text.assemble(
        f"Progress after it [{bar}] {percent(after)} ({delta_words(turn)})", (marks, "good")
    )


def _figures(turn: Turn, episode: Episode) -> str:
    reply = turn.reply
    facts = [("reward", number(turn.reward)), ("score", percent(turn.score))]
    if reply is not None:
        facts += [("tokens", number(reply.count)), ("thought", number(reply.think_tokens))]
        facts += [("Phi", number(reply.phi)), ("Gamma", number(reply.gamma))]
    facts += [("eta", number(episode.eta)), ("prompt tokens", number(turn.prompt_tokens))]
    facts += [("advantage", number(turn.advantage))]
    shown = ", ".join(f"{name} {value}" for name, value in facts if value)
    return f"{shown}, played although TDS rejected it" if turn.void else shown
