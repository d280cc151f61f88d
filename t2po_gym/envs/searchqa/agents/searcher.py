"""A scripted searcher that knows the gold path: expert play and demonstrations.

It searches for each name on the path in turn until all the evidence has been shown, then answers.
Its stated thoughts use only the question and the page; the choice of names and the answer use
hidden information. For a question without a path it searches for the titles of the gold articles,
or for the question itself.

``noise`` adds detours: with that probability per turn, while turns are left for it, it makes an
irrelevant search - words of the question without the name, or the title of a wrong result - and
comes back. ``hasty`` makes it careless: with that probability per episode it answers from the first
page with a name or number that has little to do with the question, and is mostly wrong.
"""

from __future__ import annotations

import random
import re

from t2po_gym.core.agent.demonstration import ExpertTurn, check_chances, play_out
from t2po_gym.envs.searchqa.agents.notes import nearest_first, take_notes
from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.env import SearchQAEnv
from t2po_gym.envs.searchqa.world.actions import MAX_TEXT_CHARS
from t2po_gym.envs.searchqa.world.fixed import FixedEpisode
from t2po_gym.envs.searchqa.world.metrics import normalize

__all__ = ["ScriptedSearcher"]

_TITLE = re.compile(r"^\[\d+\] ([^:\n]+):", re.MULTILINE)
_PASSAGE = re.compile(r"^\[1\] (?P<title>[^:\n]+): (?P<text>.*)", re.MULTILINE)
_NAME = re.compile(r"[A-Z][\w'’-]+(?: (?:of |the |de )?[A-Z][\w'’-]+)*")


class ScriptedSearcher:
    """Play the current episode of an environment: call `turn`, then step with its action.

    The environment must have ``rules="fixed"``. It works from any state, so it can take over an
    episode that something else started.

    Args:
        env: The bare environment; reset it before calling `turn`.
        rng: Draws wording, noise and haste.
        noise: Probability per turn of an irrelevant search, from 0 to 1.
        hasty: Probability per episode of answering from the first page, from 0 to 1.
    """

    def __init__(
        self, env: SearchQAEnv, rng: random.Random, noise: float = 0.0, hasty: float = 0.0
    ) -> None:
        check_chances(noise=noise, hasty=hasty)
        self._env = env
        self._rng = rng
        self._noise = noise
        self._hasty = hasty
        self._question: Question | None = None
        self._in_haste = False

    def turn(self) -> ExpertTurn:
        """Return the next action and the reason for it."""
        question = self._env.question
        if question is not self._question:
            self._question = question
            self._in_haste = self._hasty > 0.0 and self._rng.random() < self._hasty
        todo = self.missing()
        turns_left = self._env.max_turns - self._env.episode.turn
        if self._in_haste and self._env.episode.searches:
            guess = self._guess(question)
            return ExpertTurn(think=f"It could be {guess}.", action=f"answer[{guess}]")
        if not todo or turns_left == 1:
            return self._answer(question)
        spare = turns_left - 1 - len(todo)
        if spare > 0 and self._noise and self._rng.random() < self._noise:
            return self._detour(question)
        return self._search(todo[0])

    def play(self) -> list[ExpertTurn]:
        """Play the current episode to its end and return the turns."""
        return play_out(self._env, self.turn)

    def missing(self) -> list[str]:
        """Return the names still to search for; none once all the evidence has been shown."""
        evidence, question = self._env.episode.evidence, self._env.question
        if evidence.recall >= 1.0:
            return []
        path = question.search_path or question.support_titles or (question.text,)
        return [name for name in path if _query(name).lower() not in evidence.queries]

    def _search(self, name: str) -> ExpertTurn:
        say = self._rng.choice(
            ("I need to read about {}.", "Next I look for {}.", "I should find {} first.")
        )
        return ExpertTurn(think=say.format(_query(name)), action=f"search[{_query(name)}]")

    def _answer(self, question: Question) -> ExpertTurn:
        page = f" {normalize(self._results())} "
        spoken = [one for one in question.answers if f" {normalize(one)} " in page]
        answer = (spoken or question.answers)[0]  # as spelled on the page, if it is there
        say = self._rng.choice(("The passages say {}.", "So it is {}.", "I have read it: {}."))
        return ExpertTurn(think=say.format(answer), action=f"answer[{answer}]")

    def _detour(self, question: Question) -> ExpertTurn:
        """Return an irrelevant search: a wrong result's title, or the question without names."""
        plain = _NAME.sub(" ", question.text)
        path = {name.lower() for name in question.search_path or question.support_titles}
        titles = [title for title in self._titles() if title.lower() not in path]
        chosen = self._rng.choice([text for text in (plain, *titles) if _query(text)] or ["this"])
        return ExpertTurn(
            think=f"Maybe {_query(chosen)} helps.", action=f"search[{_query(chosen)}]"
        )

    def _guess(self, question: Question) -> str:
        """Return a name or number from the sentence least related to the question."""
        first = _PASSAGE.search(self._results())
        title, text = (first["title"], first["text"]) if first else ("", "")
        notes = nearest_first(take_notes(text, title), question.text, title)
        return notes[-1].values[-1] if notes else "unknown"

    def _results(self) -> str:
        """Return the page without its question line."""
        episode = self._env.episode
        if not isinstance(episode, FixedEpisode):
            raise ValueError("The scripted searcher plays rules='fixed'; make the environment so.")
        return episode.page.partition("\n")[2]

    def _titles(self) -> list[str]:
        return [title for title in _TITLE.findall(self._results()) if _query(title)]


def _query(text: str) -> str:
    """Return a text as a query that the environment accepts."""
    return " ".join(text.replace("[", " ").replace("]", " ").split())[:MAX_TEXT_CHARS]
