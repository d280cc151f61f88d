"""What every training run shares, whatever its algorithm.

A trainer is a loop over `TrainingRun.steps`: collect a rollout, make advantages, update, record.
Starting and resuming, the run folder, panels, checkpoints, the progress bar and the table at the
end are here, once.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..advantages import dynamic_sampling, uniform_groups
from ..cold_start.make import make_policy
from ..collate import TurnRow
from ..config import TITLES, TrainConfig
from ..evaluation import Player, calibrate, make_envs, play, training_plan
from ..intervention import ThinkingRule, TurnRule
from ..metrics import rollout_metrics
from ..parallel.parts import Part, read_part
from ..parallel.world import here, on_this_machine
from ..policy.loading import cpu_cores, load_policy
from ..policy.model import Policy
from ..policy.reference import AdapterOff, Reference
from ..rewards import training_returns
from ..sampling.protocol import Engine
from ..trajectory import FloatArray, Group
from ..update import Learner
from . import checkpoint
from .checkpoint import RunState
from .curves import draw_curves
from .details import Detailing
from .folder import RunFolder
from .panels import check_dev, held_out, make_player, print_table, with_weights

__all__ = ["TrainingRun"]


class TrainingRun:
    """One training run in its folder, new or continued.

    Args:
        config: all settings.
        folder: where everything goes.
        console: where progress is shown.
        resume: continue from the last checkpoint of the folder instead of starting over.
    """

    def __init__(
        self, config: TrainConfig, folder: RunFolder, console: Console, resume: bool
    ) -> None:
        self.world = here()
        torch.set_num_threads(config.run.threads or max(1, cpu_cores() // on_this_machine()))
        self.config, self.folder, self.console = config, folder, console
        self._parts: dict[str, Part] = {}
        self.player: Player
        self._source = self._begin(resume)
        rollout = config.rollout
        mine = len(range(rollout.tasks)[self.world.share(rollout.tasks)])
        self.envs = make_envs(config, config.train_split, mine, rollout.group)
        if config.run.tensorboard:
            folder.open_tensorboard(self.state.step + 1)

    def _begin(self, resume: bool) -> Path | None:
        """Load or make policy and state; returns the checkpoint that parts are restored from."""
        config, folder = self.config, self.folder
        if not resume:
            folder.clear()
        last = self.world.agreed(checkpoint.latest(folder.checkpoints))
        folder.write_config(config)
        self.policy: Policy
        self.state: RunState
        if last is not None:
            self.policy, self.state = checkpoint.load(last, config.policy)
            self.player = self._player()
            folder.rewind(self.state.step)
            self.console.print(f"Continuing {folder.path} after step {self.state.step}.")
            return last
        folder.rewind(-1)
        self.policy = self._first_policy()
        self.player = self._player()
        limits = calibrate(self.player, self._warn)
        if limits.epsilon or limits.eta:
            self.console.print(
                f"Thresholds: epsilon {limits.epsilon:.4g} (TTI), eta {limits.eta:.4g} (TDS)."
            )
        self.state = RunState(step=0, thresholds=limits)
        if config.eval.before:
            held_out(self.player, folder, self.state, self.console)
        checkpoint.save(folder.checkpoints, self.state, self.policy, {})
        return None

    def _first_policy(self) -> Policy:
        """Make the policy that RL starts from; what takes work, the first process does for all."""
        made_once = self.world.size > 1 and (not self.config.model or self.config.is_tuned)
        policy = self._made_once() if made_once else make_policy(self.config, self.console)
        policy.distribute()
        return policy

    def _made_once(self) -> Policy:
        made = self.folder.checkpoints / ".start.tmp"
        if self.world.first:
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            make_policy(self.config, self.console).save(made)
        self.world.wait()
        policy = load_policy(str(made), self.config.policy)
        self.world.wait()
        if self.world.first:
            shutil.rmtree(made)
        return policy

    # ---- what a trainer asks for --------------------------------------------------------------

    def learner(self) -> Learner:
        """Return the policy's learner, with the reference of the KL term if there is one."""
        reference: Reference | None = None
        if self.config.loss.kl_coef != 0.0 and self.policy.adapter is not None:
            reference = AdapterOff(self.policy)
        elif self.config.loss.kl_coef != 0.0:
            reference = self._loaded_start()
            reference.distribute()
        learner = Learner(self.policy, self.config, reference)
        self.keep("optimizer", learner)
        return learner

    def start(self) -> Policy:
        """Return a policy in one piece that a critic can begin as a copy of."""
        return self.policy if self.world.size == 1 else self._loaded_start()

    def _loaded_start(self) -> Policy:
        return load_policy(str(self.folder.checkpoints / "step-000000"), self.config.policy)

    def keep(self, name: str, part: Part) -> None:
        """Keep the state of a part in every checkpoint; restores it where a run is continued."""
        self._parts[name] = part
        if self._source is not None:
            read_part(part, self._source / name, self.policy.device)

    @property
    def position(self) -> float:
        """Place in the schedule of the learning rate, in steps of `run.steps`."""
        run = self.config.run
        if not run.token_budget:
            return float(self.state.step)
        return run.steps * min(1.0, self.state.tokens / run.token_budget)

    @property
    def finished(self) -> bool:
        """Whether steps or token budget are used up."""
        run = self.config.run
        if run.token_budget:
            return self.state.tokens >= run.token_budget
        return self.state.step >= run.steps

    def steps(self) -> Iterator[int]:
        """Yield the training steps to do, from 0; shows the progress bar meanwhile."""
        run = self.config.run
        with _progress_bar(self.console) as bar:
            title = TITLES[self.config.algorithm]
            self._bar, self._job = bar, bar.add_task(title, total=1, note="")
            self._show("")
            while not self.finished and not self._stopped():
                self._began = time.perf_counter()
                yield self.state.step
        if not self.finished:
            self.console.print(f"Stopped after step {self.state.step} of {run.steps}.")

    def _stopped(self) -> bool:
        stop = self.config.run.stop_after
        return bool(stop) and self.state.step >= stop

    def rollout(
        self, step: int, thinking: ThinkingRule | None = None, turns: TurnRule | None = None
    ) -> list[Group]:
        """Play the groups of a training step.

        With `rollout.dynamic_sampling`, further tasks are drawn until enough groups have contrast;
        what was played for the others counts in metrics and cost.

        Args:
            step: training step from 0; tasks and samples depend on it and the run's seed alone.
            thinking: when thoughts are closed by force (TTI); None never.
            turns: when turns are sampled again (TDS); None never.
        """
        how = self.config.rollout
        groups: list[Group] = []
        played: list[Group] = []
        for draw in range(max(1, how.dynamic_sampling)):
            plan = training_plan(self.player, self.envs, step, draw, thinking=thinking, turns=turns)
            drawn = play(self.player, self.envs, plan)
            played += [replace(group, index=len(played) + i) for i, group in enumerate(drawn)]
            groups = played
            if how.dynamic_sampling:
                returns = training_returns(played, self.config)
                kept = dynamic_sampling(returns, how.group, how.tasks * how.group)
                groups = [played[place // how.group] for place in kept[:: how.group]]
                if how.tasks <= int((~uniform_groups(returns, how.group)).sum()):
                    break
        if isinstance(self.player.generator, Engine):
            self.player.generator.sleep()
        self._played, self._collected = played, time.perf_counter()
        self._rules = thinking, turns
        return groups

    def record(
        self, learned: dict[str, float], turns: Sequence[TurnRow], advantages: FloatArray
    ) -> None:
        """Write down a finished step: metrics, episodes, dev panel, checkpoint, times.

        Args:
            learned: metrics of the update.
            turns: what was learned from.
            advantages: one number for each [B].
        """
        config, folder = self.config, self.folder
        updated = time.perf_counter()
        if isinstance(self.player.generator, Engine):
            self.player.generator.push(self.policy)
        episodes = [t for g in self._played for t in g.trajectories]
        tokens = sum(episode.tokens for episode in episodes)
        step = self.state.step + 1
        self.state = replace(self.state, step=step, tokens=self.state.tokens + tokens)
        row = {
            "step": step,
            **rollout_metrics(self._played),
            **{name: value for name, value in learned.items() if name != "taught_tokens"},
            "useful_tokens": learned["taught_tokens"] / tokens,
            "generated_tokens": float(self.state.tokens),
        }
        folder.append("metrics.jsonl", row)
        folder.log(step, row)
        if shown := episodes[: config.run.trace_episodes]:
            values = zip(turns, advantages.tolist(), strict=True)
            taught = {id(row.turn): value for row, value in values}
            details = Detailing.of(self.player, *self._rules, measured=True, advantages=taught)
            folder.write_episodes(f"train-{step:06d}", config, config.train_split, shown, details)
        # Not at the very end, where the test panel follows; a stop in between changes nothing.
        if config.eval.every and step % config.eval.every == 0 and not self.finished:
            self.state = check_dev(self.player, folder, self.state)
        due = step % config.run.checkpoint_every == 0
        if due or self.finished or self._stopped() or step == self.state.best_step:
            self._save()
        self._note_times(updated)
        self._show(f"success {row['success']:.2f}")

    def finish(self) -> None:
        """Play the test panel, print the table, draw the curves."""
        config, folder = self.config, self.folder
        if self.finished:
            taken, player = self.state.step, self.player
            if config.eval.select == "best" and self.state.best_step:
                taken = self.state.best_step
                best = folder.checkpoints / f"step-{taken:06d}"
                player = with_weights(player, checkpoint.load(best, config.policy)[0])
            held_out(player, folder, self.state, self.console, weights_of=taken)
            if self.world.first:
                print_table(folder, config, self.console)
        if isinstance(self.player.generator, Engine):
            self.player.generator.close()
        folder.draw(draw_curves)
        folder.close()
        self.console.print(
            f"Run folder: {folder.path}  (curves.png, metrics.jsonl, checkpoints/, traces/)"
        )

    # ---- inside -------------------------------------------------------------------------------

    def _player(self) -> Player:
        return make_player(self.policy, self.config, log=self.folder.path / "engine.log")

    def _warn(self, sentence: str) -> None:
        self.console.print(sentence, style="yellow", markup=False)

    def _save(self) -> None:
        parts = {name: part.state_dict() for name, part in self._parts.items()}
        checkpoint.save(self.folder.checkpoints, self.state, self.policy, parts)
        also = {0, self.state.best_step}
        if not self.world.first:
            return
        checkpoint.prune(self.folder.checkpoints, self.config.run.keep_checkpoints, also)

    def _note_times(self, updated: float) -> None:
        times = {
            "rollout_s": self._collected - self._began,
            "update_s": updated - self._collected,
            "other_s": time.perf_counter() - updated,
        }
        self.folder.append("timings.jsonl", {"step": self.state.step, **times})

    def _show(self, note: str) -> None:
        run = self.config.run
        done, total = float(self.state.step), float(run.stop_after or run.steps)
        if run.token_budget:
            done, total = float(self.state.tokens), float(run.token_budget)
        self._bar.update(self._job, completed=done, total=total, note=note)


def _progress_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    )
