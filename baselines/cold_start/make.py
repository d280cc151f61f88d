"""Cold start: rejection fine-tuning on successful episodes of a scripted expert.

    python -m baselines.cold_start.make --out checkpoints/mine [settings as in t2po_train.py]

plays the expert on training tasks, keeps the episodes that scored well, trains the tokenizer (for a
policy made from scratch) and fits the policy to the expert's replies. The same command and seed
give the same checkpoint.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import torch
except ModuleNotFoundError:
    sys.exit(
        "This needs the extra `train`: pip install 't2po-gym[train]', or .venv/bin/python after "
        "`make train`."
    )
import gymnasium as gym
import numpy as np
from rich.console import Console
from rich.progress import Progress, track

from t2po_gym.core.agent.history import PastTurn

from .. import found_as
from ..collate import Row, micro_batches
from ..config import TrainConfig, to_json
from ..forecast.shapes import ShapeError
from ..losses import Denominators, aggregate
from ..optimisation import make_optimizer, stepped_weights
from ..policy.chat import Chat, opening_of
from ..policy.loading import cpu_cores, load_policy, new_policy
from ..policy.lora import new_adapter
from ..policy.model import Policy
from ..policy.problems import ModelError
from ..policy.tokenizer import encode, train_tokenizer
from ..rollout import derive_seed, draw_tasks
from ..run.preflight import SettingsError, preflight
from ..sampling.prompting import Prompting
from .copy_practice import CopyPractice, practise_copying
from .experts import find_expert

__all__ = ["Demonstration", "demonstrate", "fine_tune", "make_policy", "reply_text"]

DEMO_STREAM, INIT_STREAM, SHUFFLE_STREAM = 2_000_001, 2_000_002, 2_000_003
PRACTICE_STREAM, SLIP_STREAM = 2_000_004, 2_000_005
ADAPTER_STREAM, DROPOUT_STREAM = 2_000_006, 2_000_007
BUCKET_BATCHES = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demonstration:
    """One turn of an expert's episode.

    Example: `Demonstration(task="", past=(), observation="You are in the hall. ...",
    info={"admissible_actions": (...)}, think="The key is in the attic.", action="go[attic]")`
    """

    task: str
    """What the prompt template read from the first observation."""
    past: tuple[PastTurn, ...]
    """The turns before."""
    observation: str
    """What the expert saw."""
    info: dict[str, Any]
    """The environment's info beside it."""
    think: str
    """What it thought."""
    action: str
    """What it did."""


def demonstrate(config: TrainConfig, prompting: Prompting) -> Iterator[list[Demonstration]]:
    """Play the expert and yield its episodes that reach `cold_start.min_score`.

    The k-th episode depends on the run seed and k alone.
    """
    how = config.cold_start
    factory = find_expert(config.env, how.expert)
    env: Any = gym.make(config.env, split=config.train_split, **config.env_kwargs)
    seed = config.run.seed
    tasks = draw_tasks(env.unwrapped.num_tasks(), how.episodes, seed, DEMO_STREAM)
    for number, task in enumerate(tasks):
        entropy = derive_seed(seed, DEMO_STREAM, number)
        expert = factory(random.Random(entropy), **how.expert_kwargs)
        slips = random.Random(derive_seed(seed, SLIP_STREAM, number))
        observation, info = env.reset(seed=entropy, options={"task_index": task})
        first, over = prompting.task(observation), False
        past: list[PastTurn] = []
        turns: list[Demonstration] = []
        while not over:
            think, action = expert.act(env.unwrapped)
            turns.append(
                Demonstration(
                    task=first,
                    past=tuple(past),
                    observation=observation,
                    info=info,
                    think=think,
                    action=action,
                )
            )
            played = action
            if slips.random() < how.slips:
                played = _slip(slips, info["admissible_actions"], past)
                expert.played(played)
            past.append(PastTurn(number=len(past) + 1, observation=observation, action=played))
            observation, _, terminated, truncated, info = env.step(played)
            over = terminated or truncated
        if info["score"] >= how.min_score:
            yield turns


def _slip(rng: random.Random, admissible: Sequence[str], past: Sequence[PastTurn]) -> str:
    """A mistake: often the last action again, else any action that is open."""
    if past and rng.random() < 0.5:
        return past[-1].action
    return rng.choice(list(admissible))


def reply_text(turn: Demonstration, inside: bool) -> str:
    """Write a demonstration as the reply a policy should give.

    Args:
        turn: the demonstration.
        inside: whether the prompt has opened the thought already.
    """
    opening = "" if inside else "<think>"
    return f"{opening}{turn.think}</think>\n<action>{turn.action}</action>"


def demonstration_row(turn: Demonstration, prompting: Prompting, inside: bool) -> Row:
    """Encode one demonstration; every reply token is learned from."""
    reply = encode(prompting.tokenizer, reply_text(turn, inside))
    return Row(
        prompt_ids=prompting.encode(turn.task, turn.past, turn.observation, turn.info).ids,
        reply_ids=np.array(reply, dtype=np.int64),
        loss_mask=np.ones(len(reply), dtype=np.bool_),
        old_log_probs=np.zeros(len(reply)),
        advantage=1.0,
    )


def fine_tune(
    policy: Policy,
    rows: Sequence[Row],
    config: TrainConfig,
    practice: CopyPractice | None = None,
    on_step: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> list[float]:
    """Fit the policy to demonstrations by cross-entropy on the reply tokens.

    Args:
        policy: trained in place.
        rows: demonstrations.
        config: `cold_start` for the optimiser, `run.seed` for the order.
        practice: adds `cold_start.practice_rows` sequences to copy to every step.
        on_step: called after every step with (step, steps, loss).

    Returns:
        The loss of every step.

    Raises:
        ModelError: without demonstrations.
    """
    how = config.cold_start
    _require_rows(rows, config)
    optimizer = make_optimizer(policy.model, how.lr, how.weight_decay, config.optim.betas)
    steps = how.epochs * -(-len(rows) // how.batch_rows)
    losses: list[float] = []
    for epoch in range(how.epochs):
        seed = np.random.SeedSequence([SHUFFLE_STREAM, config.run.seed, epoch])
        rng = np.random.Generator(np.random.PCG64(seed))
        for batch in shuffled_batches(rows, how.batch_rows, rng):
            for group in optimizer.param_groups:
                group["lr"] = how.lr * _schedule(len(losses), steps)
            with policy.learning(DROPOUT_STREAM, config.run.seed, len(losses)):
                losses.append(_fit(policy, optimizer, batch, config, practice))
            on_step(len(losses), steps, losses[-1])
    return losses


def _require_rows(rows: Sequence[Row], config: TrainConfig) -> None:
    if not rows:
        raise ModelError(
            f"No episode of the expert reached a score of {config.cold_start.min_score:g}: lower "
            "--cold-start.min-score, or play more (--cold-start.episodes)."
        )


def shuffled_batches(rows: Sequence[Row], size: int, rng: np.random.Generator) -> list[list[Row]]:
    """Deal all rows into batches of `size` (the last one smaller), in random order.

    Rows are sorted by length within stretches of `BUCKET_BATCHES` batches of a random order, so
    that a batch holds rows of similar lengths: less padding, half the time.
    """
    order = rng.permutation(len(rows))
    stretch = size * BUCKET_BATCHES
    dealt: list[list[Row]] = []
    for start in range(0, len(order), stretch):
        part = [rows[i] for i in order[start : start + stretch]]
        part.sort(key=lambda row: len(row.prompt_ids) + len(row.reply_ids))
        dealt += [part[i : i + size] for i in range(0, len(part), size)]
    return [dealt[i] for i in rng.permutation(len(dealt))]


def _schedule(step: int, steps: int) -> float:
    warmup = max(1, steps // 10)
    if step < warmup:
        return (step + 1) / warmup
    return 1.0 - 0.9 * (step - warmup) / max(1, steps - warmup)


def _fit(
    policy: Policy,
    optimizer: torch.optim.Optimizer,
    rows: Sequence[Row],
    config: TrainConfig,
    practice: CopyPractice | None,
) -> float:
    tokens = float(sum(len(row.reply_ids) for row in rows))
    counts = Denominators(tokens=tokens, rows=float(len(rows)), length=tokens)
    optimizer.zero_grad(set_to_none=True)
    total = 0.0
    for micro in micro_batches(rows, config.optim.micro_batch_tokens, policy.device):
        log_p = policy.token_numbers(micro.batch).log_probs
        loss = aggregate(-log_p, micro.loss_mask, "token-mean", denominators=counts)
        torch.autograd.backward(loss)
        total += float(loss.detach())
    if practice is not None:
        torch.autograd.backward(practice.loss(config.cold_start.practice_rows))
    torch.nn.utils.clip_grad_norm_(stepped_weights(policy.model, optimizer), config.optim.grad_clip)
    optimizer.step()
    return total


def make_policy(config: TrainConfig, console: Console) -> Policy:
    """Make the policy that RL starts from: loaded or new, fine-tuned if the settings say so."""
    fresh, tune = not config.model, config.is_tuned
    plain = Prompting.of(config.prompt, None)
    episodes = list(_played(config, plain, console)) if tune or fresh else []
    if fresh:
        policy = _from_scratch(config, plain, episodes)
    else:
        policy = load_policy(config.model, config.policy)
        if config.policy.lora.rank and policy.adapter is None:
            _adapt(policy, config)
    console.print(f"Policy: {policy.num_parameters / 1e6:.2f} M parameters on {policy.device}.")
    if policy.adapter is not None:
        console.print(f"Trained: an adapter of {policy.num_trained / 1e6:.2f} M of them.")
    if tune:
        _fit_episodes(policy, episodes, config, console)
    return policy


def _adapt(policy: Policy, config: TrainConfig) -> None:
    """Give a policy a fresh adapter, the only weights that are trained then."""
    seed = derive_seed(ADAPTER_STREAM, config.run.seed)
    # A folder is named by its whole path: a checkpoint finds it from wherever it is loaded.
    base = str(Path(config.model).resolve()) if Path(config.model).is_dir() else config.model
    draws = torch.Generator().manual_seed(seed)
    policy.adapter = new_adapter(policy.model, config.policy.lora, base, draws)


def _played(
    config: TrainConfig, prompting: Prompting, console: Console
) -> Iterator[list[Demonstration]]:
    yield from track(
        demonstrate(config, prompting),
        description="Expert episodes",
        total=config.cold_start.episodes,
        console=console,
    )


def _from_scratch(
    config: TrainConfig,
    prompting: Prompting,
    episodes: Sequence[Sequence[Demonstration]],
) -> Policy:
    texts = []
    for turn in (t for e in episodes[: config.cold_start.tokenizer_episodes] for t in e):
        texts.append(prompting.text(turn.task, turn.past, turn.observation, turn.info))
        texts.append(reply_text(turn, inside=False))
    tokenizer = train_tokenizer(texts, config.policy.vocab_size, config.policy.split_digits)
    seed = derive_seed(INIT_STREAM, config.run.seed)
    return new_policy(config.policy, tokenizer, torch.Generator().manual_seed(seed))


def _practise(
    policy: Policy, practice: CopyPractice, config: TrainConfig, console: Console
) -> None:
    how = config.cold_start
    optimizer = make_optimizer(policy.model, how.lr, how.weight_decay, config.optim.betas)
    with Progress(console=console) as bar:
        job = bar.add_task("Copy practice", total=how.practice_steps)
        practise_copying(
            practice,
            optimizer,
            how.practice_steps,
            lambda step, loss: bar.update(
                job, completed=step, description=f"Copy practice, loss {loss:.3f}"
            ),
        )


def _fit_episodes(
    policy: Policy,
    episodes: Sequence[Sequence[Demonstration]],
    config: TrainConfig,
    console: Console,
) -> None:
    prompting = Prompting.of(config.prompt, policy.tokenizer)
    how = config.prompt
    inside = opening_of(policy.tokenizer, how.reply_prefix, Chat.of(how))[0]
    rows = [demonstration_row(turn, prompting, inside) for e in episodes for turn in e]
    _require_rows(rows, config)  # before the copying is practised, which takes minutes
    console.print(
        f"Cold start: {len(episodes)} of {config.cold_start.episodes} episodes kept, "
        f"{len(rows)} turns, {np.mean([len(r.prompt_ids) for r in rows]):.0f} prompt and "
        f"{np.mean([len(r.reply_ids) for r in rows]):.0f} reply tokens per turn."
    )
    practice = None
    if not config.model and config.cold_start.practice_steps:
        seed = np.random.SeedSequence([PRACTICE_STREAM, config.run.seed])
        practice = CopyPractice(policy, np.random.Generator(np.random.PCG64(seed)))
        _practise(policy, practice, config, console)
    with Progress(console=console) as bar:
        job = bar.add_task("Cold start", total=None)
        fine_tune(
            policy,
            rows,
            config,
            practice,
            lambda step, steps, loss: bar.update(
                job, completed=step, total=steps, description=f"Cold start, loss {loss:.3f}"
            ),
        )


def main(arguments: Sequence[str]) -> int:
    """Make a cold-start checkpoint from command-line arguments; returns the exit status."""
    from ..run.command import parse_command  # the flags are those of the training script

    command = parse_command(
        arguments,
        prog=f"python -m {found_as('baselines.cold_start.make')}",
        summary=__doc__ or "",
        extra=("out",),
    )
    console = Console()
    try:
        preflight(command.config, command.preset, command.preset_named)
        torch.set_num_threads(command.config.run.threads or cpu_cores())
        policy = make_policy(command.config, console)
    except (SettingsError, ShapeError, ModelError) as error:
        console.print(str(error), style="red", markup=False)
        return 2
    out = Path(command.out)
    policy.save(out)
    (out / "cold_start.json").write_text(to_json(command.config), encoding="utf-8")
    console.print(f"Saved to {out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
