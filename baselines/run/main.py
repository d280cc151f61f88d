"""The command line that the four trainers share: settings, checks, one run, Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console

from t2po_gym.cli.players import find_own_modules

from ..config import Algorithm, TrainConfig
from ..engine.process import EngineError
from ..forecast.plan import PlanError, print_plan
from ..forecast.shapes import ShapeError
from ..parallel.world import World, WorldError, asked_size, joined, leads
from ..policy.problems import ModelError
from ..rollout import RewardError
from .command import Command, command_of, parse_command
from .folder import FollowerFolder, RunFolder, default_name
from .preflight import SettingsError, preflight

__all__ = ["Train", "run_trainer"]

Train = Callable[[TrainConfig, RunFolder, Console, bool], None]
"""A trainer's loop: settings, run folder, console, whether to continue."""


def run_trainer(
    algorithm: Algorithm, train: Train, arguments: Sequence[str], summary: str | None
) -> int:
    """Run a trainer's command line.

    Args:
        algorithm: what the trainer is.
        train: its loop.
        arguments: the command line without the program's name.
        summary: what the help says first.

    Returns:
        The exit status: 0, 1 where training had to stop, 2 for settings that cannot work, 130 after
        Ctrl-C.
    """
    find_own_modules()
    program = command_of(algorithm)
    command = parse_command(
        arguments,
        prog=program,
        summary=(summary or "").replace(f"python baselines/{algorithm}_train.py", program),
        extra=("resume", "dry-run"),
        algorithm=algorithm,
    )
    config, console = command.config, Console(quiet=not leads())
    try:
        _require_place(_place(command), writing=not command.dry_run)
        preflight(
            config,
            command.preset,
            command.preset_named,
            processes=command.dry_run or asked_size(),
            playing=not command.dry_run,
        )
        if command.dry_run:
            print_plan(config, command.dry_run, command.memory, console)
            return 0
        with joined(config.policy.device) as world:
            return _run(command, program, world, console, train)
    except (SettingsError, PlanError, ShapeError, WorldError, ModelError) as error:
        console.print(str(error), style="red", markup=False)
        return 2


def _place(command: Command) -> Path:
    run = command.config.run
    return command.resume or Path(run.root) / (run.name or default_name(command.config))


def _require_place(path: Path, writing: bool) -> None:
    """Refuse a run folder that cannot be made; whoever plans may not write where the run will."""
    there = next(place for place in (path, *path.parents, Path()) if os.path.lexists(place))
    if not there.is_dir():
        raise SettingsError(
            f"{path} cannot be the folder of a run, for {there} is no folder: choose another "
            "--run.root or --run.name."
        )
    if writing and not os.access(there, os.W_OK | os.X_OK):
        raise SettingsError(
            f"{path} cannot be the folder of a run, for nothing may be written into {there}: "
            "choose another --run.root, or change its permissions."
        )


def _run(command: Command, program: str, world: World, console: Console, train: Train) -> int:
    """Run or continue a run in its folder; returns the exit status."""
    config = command.config
    path = _place(command)
    folder = RunFolder(path) if world.first else FollowerFolder(path)
    if world.agreed(folder.started) and command.resume is None and not config.run.overwrite:
        console.print(
            f"{folder.path} holds a run already: continue it with --resume {folder.path}, start "
            "over with --run.overwrite True, or choose another --run.name.",
            style="red",
        )
        return 2
    try:
        with _taken_back(command, folder):
            train(config, folder, console, command.resume is not None)
    except RewardError as error:
        # Whichever process met it speaks: the first one may know nothing of it.
        Console(stderr=not world.first).print(f"\n{error}", style="red", markup=False)
        return 1
    except EngineError as error:
        more = f" Continue with: {program} --resume {folder.path}" if folder.started else ""
        console.print(f"\n{error}{more}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print(f"\nStopped. Continue with: {program} --resume {folder.path}")
        return 130
    return 0


@contextmanager
def _taken_back(command: Command, folder: RunFolder) -> Iterator[None]:
    """Leave no trace of a new run that fails before it begins: the corrected command may follow."""
    try:
        yield
    except Exception:
        if command.resume is None:
            with suppress(OSError):
                folder.forget()
        raise
