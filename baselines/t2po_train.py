"""Train a language agent with T2PO: one command, one readable loop.

    python baselines/t2po_train.py                           WebShop, small policy, CPU, minutes
    python baselines/t2po_train.py --preset toy              a minute, to see it work
    python baselines/t2po_train.py --resume runs/NAME        continue after Ctrl-C or a crash
    python baselines/t2po_train.py --model Qwen/Qwen3-4B --env t2po/WebShop-v0 --env-kwargs '{...}'

Each step plays `rollout.tasks` tasks with groups of identical episodes, closes stalled thoughts
(TTI), samples unmoved turns again (TDS), and makes one GiGPO/PPO update.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

try:
    import torch
except ModuleNotFoundError:
    sys.exit(
        "Training needs the extra `train`: pip install 't2po-gym[train]', or .venv/bin/python "
        "after `make train`."
    )
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from baselines.cold_start.make import make_policy
from baselines.config import T2POConfig
from baselines.evaluation import (
    Player,
    Thresholds,
    calibrate,
    evaluate,
    make_envs,
    training_plan,
)
from baselines.intervention import ThinkingRule
from baselines.metrics import rollout_metrics
from baselines.policy.model import Policy, cpu_cores, load_policy
from baselines.rollout import collect
from baselines.run import checkpoint
from baselines.run.checkpoint import RunState
from baselines.run.command import parse_command
from baselines.run.curves import draw_curves
from baselines.run.folder import RunFolder, default_name
from baselines.run.preflight import SettingsError, preflight
from baselines.sampling.generation import HFGenerator
from baselines.sampling.prompting import Prompting
from baselines.update import Learner

__all__ = ["main", "train"]


def train(config: T2POConfig, folder: RunFolder, console: Console, resume: bool) -> None:
    """Run or continue one training run in its folder."""
    torch.set_num_threads(config.run.threads or cpu_cores())
    policy, state, optimizer = start(config, folder, console, resume)
    player = make_player(policy, config)
    reference = None
    if config.loss.kl_coef != 0.0:
        reference = load_policy(str(folder.checkpoints / "step-000000"), config.policy)
    learner = Learner(policy, config, reference)
    if optimizer is not None:
        learner.optimizer.load_state_dict(optimizer)
    if config.run.tensorboard:
        folder.open_tensorboard(state.step + 1)
    envs = make_envs(config, config.train_split, config.rollout.tasks, config.rollout.group)
    end = min(config.run.steps, config.run.stop_after or config.run.steps)
    with progress_bar(console) as bar:
        job = bar.add_task("T2PO", total=end, completed=state.step, note="")
        for step in range(state.step, end):
            began = time.perf_counter()
            plan = training_plan(player, envs, step, state.thresholds)
            groups = collect(envs, player.generator, player.prompting, plan)
            collected = time.perf_counter()
            learned = learner.update(groups, step)
            updated = time.perf_counter()

            row = {"step": step + 1, **rollout_metrics(groups), **learned}
            folder.append("metrics.jsonl", row)
            folder.log(step + 1, row)
            shown = [t for g in groups for t in g.trajectories][: config.run.trace_episodes]
            folder.write_episodes(f"train-{step + 1:06d}", config, config.train_split, shown)
            state = replace(state, step=step + 1)
            # Not at the very end, where the test panel follows; a stop in between changes nothing.
            dev = config.eval.every and state.step % config.eval.every == 0
            if dev and state.step < config.run.steps:
                state = check_dev(player, folder, state)
            due = state.step % config.run.checkpoint_every == 0
            if due or state.step in (end, state.best_step):
                checkpoint.save(folder.checkpoints, state, policy, learner.optimizer)
                keep = {0, state.best_step}
                checkpoint.prune(folder.checkpoints, config.run.keep_checkpoints, keep)
            times = {"rollout_s": collected - began, "update_s": updated - collected}
            other = time.perf_counter() - updated
            folder.append("timings.jsonl", {"step": state.step, **times, "other_s": other})
            bar.update(job, completed=state.step, note=f"success {row['success']:.2f}")
    if end == config.run.steps:
        taken = state.step
        if config.eval.select == "best" and state.best_step:
            taken = state.best_step
            best = folder.checkpoints / f"step-{state.best_step:06d}"
            player = make_player(checkpoint.load(best, config.policy)[0], config)
        held_out(player, folder, state, console, weights_of=taken)
        print_table(folder, config, console)
    folder.draw(draw_curves)
    folder.close()
    console.print(f"Run folder: {folder.path}  (curves.png, metrics.jsonl, checkpoints/, traces/)")


def start(
    config: T2POConfig, folder: RunFolder, console: Console, resume: bool
) -> tuple[Policy, RunState, dict[str, Any] | None]:
    """Return policy, state and optimiser state to begin with: the last checkpoint's or new ones."""
    if not resume:
        folder.clear()
    last = checkpoint.latest(folder.checkpoints)
    folder.write_config(config)
    if last is not None:
        policy, state, optimizer = checkpoint.load(last, config.policy)
        folder.rewind(state.step)
        console.print(f"Continuing {folder.path} after step {state.step}.")
        return policy, state, optimizer
    folder.rewind(-1)
    policy = make_policy(config, console)
    player = make_player(policy, config)
    limits = calibrate(player)
    console.print(f"Thresholds: epsilon {limits.epsilon:.4g} (TTI), eta {limits.eta:.4g} (TDS).")
    state = RunState(step=0, thresholds=limits)
    held_out(player, folder, state, console)
    checkpoint.save(folder.checkpoints, state, policy, None)
    return policy, state, None


def make_player(policy: Policy, config: T2POConfig) -> Player:
    """Give a policy its generator and prompts."""
    generator = HFGenerator(
        policy,
        queue=config.thinking.queue,
        reply_prefix=config.prompt.reply_prefix,
        max_rows=config.rollout.max_rows,
    )
    if config.thinking.enabled and config.signal.form == "published":
        queue = len(generator.tags.queue)
        config.thinking.rule(0.0).check_room(config.rollout.max_reply_tokens, queue)
    return Player(
        config=config,
        generator=generator,
        prompting=Prompting.of(config.prompt, policy.tokenizer),
        vocab_size=policy.vocab_size,
    )


def closing_rules(config: T2POConfig, limits: Thresholds) -> list[ThinkingRule | None]:
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
    done = [row for row in folder.read("evaluations.jsonl") if row["split"] == config.eval.split]
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
        shown = episodes[: config.run.trace_episodes]
        folder.write_episodes(name, config, config.eval.split, shown)


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


def print_table(folder: RunFolder, config: T2POConfig, console: Console) -> None:
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


def progress_bar(console: Console) -> Progress:
    """Return the bar with elapsed and remaining time."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("step {task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    )


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    command = parse_command(
        arguments, prog="t2po_train.py", summary=__doc__ or "", extra=("resume",)
    )
    config, console = command.config, Console()
    try:
        preflight(config, command.preset, command.preset_named)
    except SettingsError as error:
        console.print(str(error), style="red", markup=False)
        return 2
    name = config.run.name or default_name(config)
    folder = RunFolder(command.resume or Path(config.run.root) / name)
    if folder.started and command.resume is None and not config.run.overwrite:
        console.print(
            f"{folder.path} holds a run already: continue it with --resume {folder.path}, start "
            "over with --run.overwrite True, or choose another --run.name.",
            style="red",
        )
        return 2
    try:
        train(config, folder, console, resume=command.resume is not None)
    except KeyboardInterrupt:
        console.print(
            f"\nStopped. Continue with: python baselines/t2po_train.py --resume {folder.path}"
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
