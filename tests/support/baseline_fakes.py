"""Fakes of the training tests: no downloads, no long runs.

* ``StepsEnv`` - a text world whose task number says how many turns it takes; every step is counted.
* ``ScriptedGenerator`` - replies computed by a function of the request.
* ``tiny_tokenizer``, ``tiny_policy`` - a byte tokenizer and a random 2-layer model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch

from baselines.collate import Row, collate
from baselines.config import PolicyConfig
from baselines.policy.loading import new_policy
from baselines.policy.model import Policy
from baselines.policy.tokenizer import encode, train_tokenizer
from baselines.sampling.protocol import Decoding, Request
from baselines.trajectory import Finish, Generation
from t2po_gym.core.env import Outcome, TextEnv
from t2po_gym.core.progress import Progress

TEXTS = ("You are in the hall. <think> I go.</think>\n<action>go[attic]</action>",) * 3
TINY = PolicyConfig(
    hidden_size=32,
    layers=2,
    heads=4,
    kv_heads=2,
    intermediate_size=48,
    device="cpu",
    copy_circuit=False,  # heads of 8 have no room for it
)


class StepsEnv(TextEnv):
    """Task n ends after n + 1 steps with reward 1; the action ``bad`` is invalid.

    ``STEPS`` lists (task, action) of every step of every instance since it was last cleared.
    """

    PROGRESS_VERSION = "steps-1"
    MILESTONES = ("begun",)
    STEPS: ClassVar[list[tuple[int, str]]] = []

    def __init__(self, *, split: str = "train", max_turns: int = 8, progress: bool = True) -> None:
        super().__init__(split=split, max_turns=max_turns, progress=progress)
        self.done = 0

    def num_tasks(self) -> int:
        return 6

    def task_id(self, index: int) -> str:
        return f"steps:{index}"

    def task_index(self, task_id: str) -> int:
        return int(task_id.rpartition(":")[2])

    def _begin(self, index: int, rng: np.random.Generator) -> str:
        self.done = 0
        return f"Task {index}, step 0."

    def _act(self, action: str) -> Outcome:
        StepsEnv.STEPS.append((self._task, action))
        self.done += 1
        over = self.done > self._task
        page = f"Task {self._task}, step {self.done}."
        return Outcome(page, float(over), over, action != "bad")

    def _progress(self) -> Progress:
        value = min(1.0, self.done / (self._task + 1))
        return Progress(value, {"begun": float(self.done > 0)})

    def _score(self) -> float:
        return float(self.done > self._task)

    def _success(self) -> bool:
        return self.done > self._task

    def _admissible_actions(self) -> tuple[str, ...]:
        return ("go", "bad")

    def _save(self) -> dict[str, Any]:
        return {"done": self.done}

    def _load(self, state: Mapping[str, Any]) -> None:
        self.done = state["done"]


@lru_cache
def tiny_tokenizer() -> Any:
    """Bytes, tags and a handful of merges."""
    return train_tokenizer(TEXTS, 290)


def tiny_policy(seed: int = 0, config: PolicyConfig = TINY) -> Policy:
    """A random model; nothing global is seeded."""
    torch.set_num_threads(1)
    return new_policy(config, tiny_tokenizer(), torch.Generator().manual_seed(seed))


def reply_of(
    text: str,
    entropy: float | Sequence[float] = 1.0,
    confidence: float | Sequence[float] = 2.0,
    finish: Finish = Finish.STOP,
) -> Generation:
    """A wholly sampled reply; one number for H or C stands for every token."""
    ids = np.array(encode(tiny_tokenizer(), text), dtype=np.int64)
    return Generation(
        token_ids=ids,
        sampled=np.ones(len(ids), dtype=np.bool_),
        log_probs=np.full(len(ids), -0.5),
        entropy=np.broadcast_to(np.asarray(entropy, dtype=np.float64), ids.shape).copy(),
        confidence=np.broadcast_to(np.asarray(confidence, dtype=np.float64), ids.shape).copy(),
        text=text,
        finish=finish,
    )


class ScriptedGenerator:
    """Replies with ``script(seed)``; remembers every batch of seeds it was asked for."""

    def __init__(self, script: Callable[[tuple[int, ...]], Generation]) -> None:
        self.script = script
        self.batches: list[list[tuple[int, ...]]] = []
        self.prompts: list[list[int]] = []

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Generation]:
        self.batches.append([request.seed for request in requests])
        self.prompts += [request.prompt_ids.tolist() for request in requests]
        return [self.script(request.seed) for request in requests]


def teacher_forced(
    policy: Policy, request: Request, reply: Generation, temperature: float = 1.0
) -> np.ndarray:
    """The trainer's own log-probabilities of a reply's tokens [tokens]."""
    row = Row(
        prompt_ids=request.prompt_ids,
        reply_ids=reply.token_ids,
        loss_mask=reply.sampled,
        old_log_probs=reply.log_probs,
        advantage=0.0,
    )
    with torch.no_grad():
        batch = collate([row], policy.device).batch
        found: np.ndarray = policy.log_probs(batch, temperature)[0].numpy()
    return found


class Idle:
    """An expert of `StepsEnv`."""

    def __init__(self, rng: Any) -> None:
        pass

    def act(self, env: Any) -> tuple[str, str]:
        return "I go on.", "go"

    def played(self, action: str) -> None:
        pass
