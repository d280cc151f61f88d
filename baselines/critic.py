"""PPO's critic: a copy of the policy whose head gives one number, the value of a prompt.

A state of the episode is the prompt that the policy reads before a turn, so the value is read at
the last token of the prompt. The critic has weights of its own: training it never moves the policy.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .config import TrainConfig
from .losses import value_token_loss
from .optimisation import (
    clip_gradients,
    deal,
    learning_rate,
    make_optimizer,
    set_rate,
    stepped_weights,
    with_state,
)
from .parallel.sharding import shard, whole
from .parallel.shares import evened
from .parallel.world import here
from .policy.model import Policy
from .policy.padding import pad_prompts
from .policy.recompute import in_training, recomputed_layers
from .trajectory import FloatArray, Group, IntArray

__all__ = ["Critic", "explained_variance"]


def explained_variance(values: FloatArray, returns: FloatArray) -> float:
    """Return 1 - var(returns - values) / var(returns): 1 is perfect, 0 no better than a constant.

    nan where all returns are equal.
    """
    spread = float(np.var(returns))
    return float("nan") if spread == 0.0 else 1.0 - float(np.var(returns - values)) / spread


class Critic:
    """A transformer like the policy's and a linear head that starts at 0.

    Where the policy is an adapter, so is the critic: the copied base model is frozen.

    Args:
        policy: what its transformer is copied from; whole, also where there are many processes.
        config: all settings.
    """

    def __init__(self, policy: Policy, config: TrainConfig) -> None:
        self.config, self.device = config, policy.device
        self.trunk: Any = copy.deepcopy(policy.model.base_model).eval()
        self.head = nn.Linear(policy.model.config.hidden_size, 1).to(policy.device)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.network = nn.ModuleList([self.trunk, self.head])
        self._layers = recomputed_layers(self.trunk)
        cut = here().size > 1
        learned = {p.dtype for p in self.trunk.parameters() if p.requires_grad}
        for part in (self.trunk, self.head) if cut else ():
            shard(part, self.device)
        optim = config.optim
        self.optimizer = make_optimizer(
            self.network,
            config.critic.lr,
            optim.weight_decay,
            optim.betas,
            in_copies=cut and torch.bfloat16 in learned,
        )

    def state_dict(self) -> dict[str, Any]:
        """Return the weights that learn and the optimiser's state."""
        return {"weights": self._learned(), "optimizer": self.optimizer.state_dict()}

    def blank_state(self) -> dict[str, Any]:
        """Return a state of the right form, for a saved one to be read into."""
        return {"weights": self._learned(), "optimizer": with_state(self.optimizer)}

    def _learned(self) -> dict[str, Tensor]:
        frozen = {name for name, p in self.network.named_parameters() if not p.requires_grad}
        weights = self.network.state_dict()
        return {name: weight for name, weight in weights.items() if name not in frozen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        whole = self.network.state_dict() | state["weights"]  # frozen ones are the base model's
        self.network.load_state_dict(whole)
        self.optimizer.load_state_dict(state["optimizer"])

    def values(self, prompts: Sequence[IntArray]) -> FloatArray:
        """Return the value of every prompt [B]; equal prompts are read once."""
        mine = prompts[here().share(len(prompts))]
        found = np.zeros(len(mine))
        with torch.no_grad(), whole(self.trunk, self.head):
            for places in _batches(mine, self.config.optim.micro_batch_tokens):
                part = self.read([mine[i] for i in places])
                found[places] = part.double().cpu().numpy()
        return np.array(here().gathered(found.tolist()))

    def final_values(self, groups: Sequence[Group]) -> FloatArray:
        """Return the value of the state after every turn of a rollout, for its last turns [B].

        A terminated episode has none: 0. A truncated one would have gone on from the state it was
        cut at. The entries of other turns are 0 and never read.
        """
        episodes = [episode for group in groups for episode in group.trajectories]
        cut = [e.next_prompt_ids for e in episodes if e.next_prompt_ids is not None]
        known = iter(self.values(cut).tolist() if cut else [])
        found: list[float] = []
        for episode in episodes:
            last = 0.0 if episode.next_prompt_ids is None else next(known)
            found += [0.0] * (len(episode.turns) - 1) + [last]
        return np.array(found)

    def read(self, prompts: Sequence[IntArray]) -> Tensor:
        """Return the value of every prompt [B], with gradient."""
        padded = pad_prompts(prompts, self.device)
        hidden = self.trunk(
            input_ids=padded.ids,
            attention_mask=padded.mask,
            position_ids=(padded.mask.cumsum(dim=1) - 1).clamp_min(0),
            use_cache=False,
        ).last_hidden_state[:, -1]
        values: Tensor = self.head(hidden.to(self.head.weight.dtype)).squeeze(-1)
        return values[padded.place]

    def update(
        self,
        prompts: Sequence[IntArray],
        groups: Sequence[int],
        old_values: FloatArray,
        returns: FloatArray,
        *,
        step: int,
        position: float | None = None,
    ) -> dict[str, float]:
        """Fit the values to the returns.

        Args:
            prompts: the prompt before every turn.
            groups: the task group of every turn; minibatches keep groups whole.
            old_values: what `values` said of the prompts before the update [B].
            returns: what they should be [B].
            step: training step from 0; sets the shuffling.
            position: place in the schedule of the learning rate; the step itself by default.
        """
        config, how = self.config, self.config.critic
        rate = learning_rate(
            replace(config.optim, lr=how.lr),
            step if position is None else position,
            config.run.steps,
        )
        set_rate(self.optimizer, rate)
        loss = norm = clipped = 0.0
        steps = 0
        for epoch in range(how.epochs):
            parts = deal(range(len(prompts)), groups, how.minibatches, config.run.seed, step, epoch)
            for part in parts:
                self.optimizer.zero_grad(set_to_none=True)
                for chosen, counts in self._parts(prompts, part):
                    with in_training(self._layers):
                        read = self.read([prompts[i] for i in chosen])
                    value = value_token_loss(
                        read,
                        torch.tensor(old_values[chosen], dtype=torch.float32, device=self.device),
                        torch.tensor(returns[chosen], dtype=torch.float32, device=self.device),
                        clip=how.clip,
                    )
                    total = value.values.sum() * counts / len(part)
                    # Gradients of several processes are averaged, and are to be added up.
                    torch.autograd.backward(total * here().size)
                    loss += float(total.detach())
                    clipped += float(value.clipped.sum()) * counts / len(part)
                norm += clip_gradients(stepped_weights(self.network, self.optimizer), how.grad_clip)
                self.optimizer.step()
                steps += 1
        loss, clipped = here().total([loss, clipped])
        return {
            "value_loss": loss / steps,
            "value_clip_fraction": clipped / steps,
            "value_grad_norm": norm / steps,
            "value_mean": float(np.mean(old_values)),
            "explained_variance": explained_variance(old_values, returns),
        }

    def _parts(
        self, prompts: Sequence[IntArray], part: Sequence[int]
    ) -> list[tuple[list[int], float]]:
        """Deal places into this process's micro-batches: places, and whether they count (1 or 0).

        Several processes take every n-th of the prompts by length, so that none has more to read.
        """
        size = here().size
        ordered = _by_length(prompts, part) if size > 1 else list(part)

        def split(rank: int) -> list[tuple[list[int], float]]:
            mine = ordered[rank::size]
            read = [prompts[i] for i in mine]
            parts = _batches(read, self.config.optim.micro_batch_tokens)
            return [([mine[i] for i in places], 1.0) for places in parts]

        return evened(split, lambda: ([ordered[0]], 0.0))


def _by_length(prompts: Sequence[IntArray], places: Iterable[int]) -> list[int]:
    return sorted(places, key=lambda i: (len(prompts[i]), prompts[i].tobytes()))


def _batches(prompts: Sequence[IntArray], max_tokens: int) -> Iterator[list[int]]:
    """Yield places of prompts of similar lengths, at most so many padded tokens together."""
    part: list[int] = []
    for i in _by_length(prompts, range(len(prompts))):
        if part and (len(part) + 1) * len(prompts[i]) > max_tokens:
            yield part
            part = []
        part.append(i)
    if part:
        yield part
