"""The Search environment manager of verl-agent and T2PO, reproduced for batches of episodes.

Use it to compare with published numbers or to run checkpoints trained on that layer; it keeps the
defects of the original (docs/originals/searchqa.md, sections 4 and 5): passages can win an episode,
steps after the end still score, and failures of the search service are text that the model reads.
`t2po/SearchQA-v0` with its default rules has none of these; see docs/searchqa.md.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.envs.searchqa.data.corpus import Passage
from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.originals import t2po
from t2po_gym.envs.searchqa.originals.dialects import T2poEpisode, service_error_text
from t2po_gym.envs.searchqa.world.episode import EpisodeSettings
from t2po_gym.envs.searchqa.world.metrics import gold_list
from t2po_gym.retrieval.http.client import HttpClient
from t2po_gym.retrieval.protocol import RetrievalError

__all__ = ["Lookup", "SearchConfig", "VerlAgentSearch", "service_lookup"]

Lookup = Callable[[str], str]
"""Maps a query to the text of its result, as the model reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig:
    """Limits of one batch, by default those of the published runs.

    Example: ``SearchConfig(max_steps=4, history_length=4)``
    """

    max_steps: int = t2po.MAX_STEPS
    """Steps per episode; a search on the last one is not run."""

    history_length: int = 4
    """Earlier steps that a prompt shows; 0 always gives the first template."""

    def __post_init__(self) -> None:
        if self.max_steps < 1 or self.history_length < 0:
            raise ValueError(
                "max_steps must be at least 1 and history_length at least 0; "
                f"got {self.max_steps} and {self.history_length}."
            )


def service_lookup(client: HttpClient, topk: int = 3, rng: random.Random | None = None) -> Lookup:
    """Search through a service as the original does, including failures and malformed responses.

    Args:
        client: sends the requests; `t2po_retries` gives the original's retry policy.
        topk: number of passages to request.
        rng: draws the request ids of error texts.
    """
    rng = rng or random.Random(0)

    def lookup(query: str) -> str:
        try:
            response = client.post({"query": query, "topk": topk, "return_scores": True})
        except RetrievalError as error:
            return service_error_text(error, str(uuid.UUID(int=rng.getrandbits(128), version=4)))
        return t2po.response_text(response)

    return lookup


class _Worker(T2poEpisode):
    """An episode whose search results are already text."""

    def __init__(self, question: Question, lookup: Lookup, max_steps: int) -> None:
        super().__init__(question, _no_passages, EpisodeSettings(max_turns=max_steps))
        self._lookup = lookup

    def result_text(self, query: str) -> str:
        """Search."""
        return self._lookup(query)


def _no_passages(query: str) -> list[Passage]:
    raise RetrievalError(f"This episode reads texts, not passages; got the query {query!r}.")


class VerlAgentSearch:
    """A batch of episodes with prompts and memory.

    Args:
        lookup: the search engine, such as `service_lookup`.
        config: limits.
    """

    def __init__(self, lookup: Lookup, config: SearchConfig | None = None) -> None:
        self.config = config or SearchConfig()
        self._lookup = lookup
        self._workers: list[_Worker] = []
        self._turns: list[list[tuple[str, str]]] = []

    def reset(
        self, kwargs: Sequence[Mapping[str, Any]]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Start one episode for each row.

        Args:
            kwargs: rows with ``question``, ``ground_truth`` (``{"target": answers}``) and
                ``data_source``, as in ``env_kwargs`` of the original's parquet files.

        Returns:
            Observations (``text``: prompts, ``image``: None, ``anchor``: raw texts) and infos.
        """
        self._workers = [
            _Worker(_question(row, number), self._lookup, self.config.max_steps)
            for number, row in enumerate(kwargs)
        ]
        self._turns = [[] for _ in kwargs]
        questions = [worker.begin() for worker in self._workers]
        return self._observe(questions), [{"data_source": w.question.source} for w in self._workers]

    def step(
        self, replies: Sequence[str]
    ) -> tuple[dict[str, Any], NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Send one reply of the model to each episode.

        Returns:
            Observations as in `reset`, rewards ``[episodes]``, dones ``[episodes]``, infos.
        """
        if len(replies) != len(self._workers) or not self._workers:
            raise ValueError(
                f"step needs one reply for each of the {len(self._workers)} episodes, after reset; "
                f"got {len(replies)}."
            )
        anchors, rewards, dones, infos = [], [], [], []
        for worker, reply, turns in zip(self._workers, replies, self._turns, strict=True):
            action = t2po.project(reply).action
            observation, valid = worker.act(reply)
            done = worker.over or worker.turn >= self.config.max_steps
            reward = worker.scores.em if done else 0.0
            turns.append((action, observation))
            anchors.append(observation)
            rewards.append(reward)
            dones.append(done)
            infos.append(
                {
                    **_tool_info(worker.question.source, action, done),
                    "postprocessed_action": action,
                    "won": done and reward >= 1.0,
                    "is_action_valid": int(valid),
                }
            )
        return (
            self._observe(anchors),
            np.array(rewards, np.float64),
            np.array(dones, np.bool_),
            infos,
        )

    def _observe(self, anchors: list[str]) -> dict[str, Any]:
        length = self.config.history_length
        prompts = [
            t2po.build_prompt(worker.question.text, turns, history_length=length)
            for worker, turns in zip(self._workers, self._turns, strict=True)
        ]
        return {"text": prompts, "image": None, "anchor": anchors}


def _question(row: Mapping[str, Any], number: int) -> Question:
    golds = row["ground_truth"]
    golds = golds["target"] if isinstance(golds, Mapping) else golds
    return Question(
        id=str(number),
        text=row["question"],
        answers=gold_list(golds),
        source=row.get("data_source", "unknown"),
    )


def _tool_info(source: str, action: str, done: bool) -> dict[str, Any]:
    if done:
        return {"data_source": source, "tool_calling": False}
    return {
        "tool_calling": True,
        "tool_group": "SearchToolGroup",
        "tool_name": "search",
        "tool_input": [t2po.query_of(action)],
        "data_source": source,
    }
