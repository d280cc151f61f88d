"""Held-out panels of a run: the test panel before and after training, the dev panel in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..config import TrainConfig
from ..engine.generator import VLLMGenerator
from ..evaluation import Player, Thresholds, evaluate
from ..intervention import ThinkingRule
from ..parallel.world import here
from ..policy.chat import Chat
from ..policy.model import Policy
from ..sampling.generation import HFGenerator
from ..sampling.prompting import Prompting
from ..sampling.protocol import Engine
from ..sampling.stepping import FixedStages
from .checkpoint import RunState
from .curves import draw_curves
from .details import Detailing
from .folder import RunFolder

__all__ = ["check_dev", "closing_rules", "held_out", "make_player", "print_table", "with_weights"]


def make_player(policy: Policy, config: TrainConfig, log: Path | None = None) -> Player:
    """Give a policy its generator and prompts.

    Args:
        policy: model and tokenizer.
        config: all settings.
        log: where an engine writes what it says.

    Raises:
        EngineError: an engine does not start.
    """
    queue, prefix = config.thinking.queue, config.prompt.reply_prefix
    chat = Chat.of(config.prompt)
    generator: HFGenerator | VLLMGenerator
    if config.generator == "vllm":
        generator = VLLMGenerator(
            policy,
            config.vllm,
            max_model_len=config.longest_sequence,
            queue=queue,
            reply_prefix=prefix,
            chat=chat,
            log=log,
            threads=config.run.threads,
        )
    else:
        rows = config.rollout.max_rows
        generator = HFGenerator(
            policy,
            queue=queue,
            reply_prefix=prefix,
            chat=chat,
            max_rows=rows,
            reuse_prompts=config.rollout.reuse_prompts,
            stages=FixedStages(policy, config.longest_sequence) if config.rollout.compile else None,
        )
    if config.thinking.enabled and config.signal.form == "published":
        tokens = len(generator.tags.queue)
        config.thinking.rule(0.0).check_room(config.rollout.max_reply_tokens, tokens)
    return Player(
        config=config,
        generator=generator,
        prompting=Prompting.of(config.prompt, policy.tokenizer),
        vocab_size=policy.vocab_size,
        policy=policy,
    )


def with_weights(player: Player, policy: Policy) -> Player:
    """Return a player of another policy; an engine is kept and takes over its weights."""
    if not isinstance(player.generator, Engine):
        return make_player(policy, player.config)
    player.generator.push(policy)
    return replace(player, policy=policy)


def closing_rules(config: TrainConfig, limits: Thresholds) -> list[ThinkingRule | None]:
    """Return the thinking rules that evaluation is asked to play with; None is without."""
    if config.eval.thinking == "off":
        return [None]
    rule = config.thinking.rule(limits.epsilon)
    return [None, rule] if config.eval.thinking == "both" else [rule]


def held_out(
    player: Player, folder: RunFolder, state: RunState, console: Console, weights_of: int = 0
) -> None:
    """Evaluate on the fixed test panel, unless this step's results are there already.

    Args:
        player: what plays.
        folder: where the results go.
        state: how far training is.
        console: where it shows that it is at work.
        weights_of: the step whose weights are played; not the last one where an earlier was better.
    """
    config = player.config
    rows = here().agreed(folder.read("evaluations.jsonl"))
    done = [row for row in rows if row["split"] == config.eval.split]
    for rule in closing_rules(config, state.thresholds):
        if any(r["step"] == state.step and r["thinking"] == (rule is not None) for r in done):
            continue
        with console.status(f"Evaluating {config.eval.tasks} held-out tasks ..."):
            result, episodes = evaluate(
                player, config.eval, split=config.eval.split, tasks=config.eval.tasks, rule=rule
            )
        row = {"step": state.step, "weights_of": weights_of, **result.to_json()}
        folder.append("evaluations.jsonl", row)
        name = f"{config.eval.split}-{state.step:06d}{'-tti' if rule else ''}"
        if shown := episodes[: config.run.trace_episodes]:
            details = Detailing.of(player, rule, None, measured=rule is not None)
            folder.write_episodes(name, config, config.eval.split, shown, details)


def check_dev(player: Player, folder: RunFolder, state: RunState) -> RunState:
    """Evaluate on the dev panel and note whether this is the best policy so far."""
    how = player.config.eval
    rule = closing_rules(player.config, state.thresholds)[0]
    result, _ = evaluate(player, how, split=how.dev_split, tasks=how.dev_tasks, rule=rule)
    row = {"step": state.step, "weights_of": state.step, **result.to_json()}
    folder.append("evaluations.jsonl", row)
    folder.log(state.step, {"success": result.success, "score": result.score}, prefix="dev")
    folder.draw(draw_curves)
    if result.success <= state.best_success:
        return state
    return replace(state, best_step=state.step, best_success=result.success)


def print_table(folder: RunFolder, config: TrainConfig, console: Console) -> None:
    """Print the test panel's results before and after training."""
    rows = [row for row in folder.read("evaluations.jsonl") if row["split"] == config.eval.split]
    decoding = "greedy" if config.eval.greedy else f"T = {config.eval.temperature}"
    table = Table(title=f"Held-out panel: {rows[0]['tasks']} {config.eval.split} tasks, {decoding}")
    columns = ("policy", "TTI", "success (95 %)", "score", "progress", "turns", "tokens", "think")
    for column in columns:
        table.add_column(column, justify="left" if column == "policy" else "right", no_wrap=True)
    for row in rows:
        table.add_row(
            "before RL" if row["step"] == 0 else f"step {row['weights_of']}",
            "on" if row["thinking"] else "off",
            f"{100 * row['success']:.1f} % "
            f"({100 * row['success_low']:.0f}-{100 * row['success_high']:.0f})",
            f"{row['score']:.3f}",
            f"{row['progress']:.3f}",
            f"{row['turns']:.2f}",
            f"{row['tokens']:.0f}",
            f"{row['think_tokens']:.1f}",
        )
    console.print(table)
    console.print("turns, tokens: per episode; think: sampled thinking tokens per turn.")
