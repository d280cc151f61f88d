"""What `--dry-run` prints: tokens and memory of a run, what will not fit, and what would help."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import gymnasium as gym
import torch
from rich.console import Console
from rich.table import Table

from ..config import TITLES, TrainConfig
from ..policy.loading import pick_device
from ..policy.problems import ended
from ..policy.source import is_here, source_of
from .counting import count
from .memory import (
    FEW,
    Counted,
    Forecast,
    Place,
    Work,
    cheaper,
    engine_share,
    forecast,
    work_of,
)
from .shapes import shape_of

__all__ = ["PlanError", "print_plan"]

GIGABYTE = 1e9


class PlanError(ValueError):
    """Nothing says how long a run's episodes are, or how much memory there is."""


def print_plan(config: TrainConfig, processes: int, room: float, console: Console) -> None:
    """Print the plan of a run; no weight is loaded.

    Args:
        config: all settings.
        processes: how many it will have.
        room: gigabytes that each of them may use; 0 asks this machine.
        console: where to.

    Raises:
        ShapeError: the model's shape is not to be had.
        PlanError: the environment cannot be made, and nothing else says how many turns it has; or
            no memory is given and the device is not here to be asked.
    """
    # Switches are tried one by one below, and most of them leave the model as it is.
    counted = cache(partial(count, shape_of(config.model, config.policy)))
    if config.model and not is_here(source_of(config.model)):
        console.print(f"Prompts are checked once {config.model} is on this machine.")
    turns = _turns(config, console)
    work = work_of(config, turns, processes)
    place, name = (Place(room=room * GIGABYTE), "given") if room else _place(config)
    needs = forecast(config, work, counted, place)
    _say_work(config, turns, needs, work, console)
    console.print(_table(needs, processes))
    tried = Tried(config, work, counted, place)
    if config.generator != "vllm" or _say_engine(tried, console) or needs.peak > place.room:
        _say_fit(tried, needs, f"{_size(place.room)} ({name})", console)


def _turns(config: TrainConfig, console: Console) -> int:
    """Return the most turns of an episode; data that are still missing are told and not needed."""
    try:
        env: Any = gym.make(config.env, split=config.train_split, **config.env_kwargs)
    except (gym.error.Error, ImportError, TypeError, ValueError, OSError) as problem:
        turns = config.env_kwargs.get("max_turns")
        if turns is None:
            raise PlanError(
                f"{config.env} cannot be made with --env-kwargs {config.env_kwargs} ({problem}), "
                "and they do not say how many turns it has (max_turns)."
            ) from problem
        console.print(
            f"A run needs what is missing here: {ended(problem)}", style="yellow", markup=False
        )
        return int(turns)
    env.close()
    return int(env.unwrapped.max_turns)


def _say_work(
    config: TrainConfig, turns: int, needs: Forecast, work: Work, console: Console
) -> None:
    how = config.rollout
    episodes = how.tasks * how.group
    rows = episodes * turns
    learned = "" if needs.trained == needs.parameters else f", {needs.trained / 1e6:,.1f} M learn"
    console.print(
        f"{TITLES[config.algorithm]} on {config.env}: {config.model or 'a new policy'}, "
        f"{needs.parameters / 1e6:,.1f} M weights{learned}, {config.policy.dtype}; "
        f"{work.processes} process{'es' if work.processes > 1 else ''}."
    )
    console.print(
        f"A step: {how.tasks} groups x {how.group} episodes x at most {turns} turns = at most "
        f"{rows:,} rows; at most {rows * how.max_reply_tokens:,} generated tokens and "
        f"{rows * config.prompt.max_tokens:,} prompt tokens; {config.optim.epochs} x "
        f"{config.optim.minibatches} optimiser steps."
    )
    end = (
        f"until {config.run.token_budget:,} tokens are generated"
        if config.run.token_budget
        else f"{config.run.steps:,} steps, at most "
        f"{config.run.steps * rows * how.max_reply_tokens:,} generated tokens"
    )
    console.print(f"The run: {end}.")


def _table(needs: Forecast, processes: int) -> Table:
    where = "each process" if processes > 1 else "the process"
    table = Table(title=f"Memory of {where}, at most")
    table.add_column("")
    for phase in needs.phases:
        table.add_column(phase, justify="right", no_wrap=True)
    names = list(dict.fromkeys(part for parts in needs.phases.values() for part in parts))
    for part in names:
        cells = [parts.get(part) for parts in needs.phases.values()]
        table.add_row(part, *("" if cell is None else _size(cell) for cell in cells))
    table.add_section()
    table.add_row("together", *(_size(sum(parts.values())) for parts in needs.phases.values()))
    return table


def _size(count: float) -> str:
    if count < GIGABYTE:
        return f"{count / 1e6:,.1f} MB"
    digits = 2 if count < 10 * GIGABYTE else 1
    return f"{count / GIGABYTE:,.{digits}f} GB"


def _place(config: TrainConfig) -> tuple[Place, str]:
    """Return the device that a process here would use, and the name of its memory."""
    device = pick_device(config.policy.device)
    if device.type == "cuda" and torch.cuda.device_count() <= (device.index or 0):
        raise PlanError(
            f"--policy.device is {config.policy.device}, and PyTorch sees none here whose memory "
            "could be asked for: say how much each process may use with --memory GB."
        )
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return Place(room=float(properties.total_memory)), str(properties.name)
    pages = os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    size = pages * os.sysconf("SC_PAGE_SIZE") if pages else 0
    return Place(room=float(size), gpu=False), "main memory of this machine"


@dataclass(frozen=True, slots=True)
class Tried:
    """A run and where it would be, to be tried with other switches."""

    config: TrainConfig
    work: Work
    counted: Counted
    place: Place

    def peaks(self) -> dict[str, tuple[Tried, float]]:
        """Return the run with one more switch, and its largest phase, by that switch."""
        ways = cheaper(self.config, self.work, self.engine_share()).items()
        runs = {switch: Tried(*way, self.counted, self.place) for switch, way in ways}
        return {switch: (run, run.peak()) for switch, run in runs.items()}

    def peak(self) -> float:
        """Return what its largest phase needs."""
        return forecast(self.config, self.work, self.counted, self.place).peak

    def engine_share(self) -> float:
        """Return the least share of the memory that an engine could work with."""
        return engine_share(self.config, self.work, self.counted, self.place)


def _say_engine(run: Tried, console: Console) -> bool:
    """Say when the engine holds its memory; returns whether it can write anything with it."""
    how, place = run.config.vllm, run.place
    sleeps = how.sleep and place.gpu
    console.print(f"The vLLM engine {'sleeps while the trainer learns' if sleeps else 'stays'}.")
    least = run.engine_share()
    if how.kv_cache_gib or least <= how.gpu_memory:
        return True
    wish = f"give --vllm.gpu-memory {least:g}" if least <= 1 else "take a smaller model"
    console.print(
        f"Its share of {how.gpu_memory:.0%} of {_size(place.room)} is too small for its weights "
        f"and {FEW} of the longest replies: {wish}.",
        style="red",
    )
    return False


def _say_fit(run: Tried, needs: Forecast, place: str, console: Console) -> None:
    limit = run.place.room
    console.print("Beside that, libraries hold some hundred MB, and allocators more than they use.")
    if not limit or needs.peak <= limit:
        console.print(f"Largest phase: {_size(needs.peak)} of {place}: it fits.")
        return
    console.print(
        f"Largest phase: {_size(needs.peak)}, but there are {place}: it does not fit.", style="red"
    )
    for switch, other in _savings(run, needs.peak):
        console.print(f"  {switch}: {_size(other)}{' and fits' if other <= limit else ''}")
    chosen, peak = _until_it_fits(run, limit)
    verdict = "fits" if peak <= limit else "does not fit either: take a smaller model"
    console.print(f"{' '.join(chosen)}: {_size(peak)}, which {verdict}.")


def _savings(run: Tried, peak: float) -> list[tuple[str, float]]:
    """Return switches that make the largest phase smaller, those that save most first."""
    found = [(switch, other) for switch, (_, other) in run.peaks().items()]
    return sorted((item for item in found if item[1] < 0.98 * peak), key=lambda item: item[1])


def _until_it_fits(run: Tried, limit: float) -> tuple[list[str], float]:
    """Turn the switch that saves most, again and again; returns the switches and the last peak."""
    chosen: list[str] = []
    peak = run.peak()
    while peak > limit:
        peaks = run.peaks()
        best = min(peaks, key=lambda switch: peaks[switch][1], default="")
        if not best or peaks[best][1] >= 0.98 * peak:
            break
        chosen = [s for s in chosen if s.split()[0] != best.split()[0]] + [best]
        run, peak = peaks[best]
    return chosen, peak
