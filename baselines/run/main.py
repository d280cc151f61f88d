"""The command line that the four trainers share: settings, checks, one run, Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from baselines.config import Algorithm, TrainConfig
from baselines.engine.process import EngineError
from baselines.rollout import RewardError
from baselines.run.command import parse_command
from baselines.run.folder import RunFolder, default_name
from baselines.run.preflight import SettingsError, preflight

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
    script = f"{algorithm}_train.py"
    command = parse_command(
        arguments, prog=script, summary=summary or "", extra=("resume",), algorithm=algorithm
    )
    config, console = command.config, Console()
    try:
        preflight(config, command.preset, command.preset_named)
    except SettingsError as error:
        console.print(str(error), style="red", markup=False)
        return 2
    folder = RunFolder(
        command.resume or Path(config.run.root) / (config.run.name or default_name(config))
    )
    if folder.started and command.resume is None and not config.run.overwrite:
        console.print(
            f"{folder.path} holds a run already: continue it with --resume {folder.path}, start "
            "over with --run.overwrite True, or choose another --run.name.",
            style="red",
        )
        return 2
    try:
        train(config, folder, console, command.resume is not None)
    except RewardError as error:
        console.print(f"\n{error}", style="red", markup=False)
        return 1
    except EngineError as error:
        console.print(
            f"\n{error} Continue with: python baselines/{script} --resume {folder.path}",
            style="red",
            markup=False,
        )
        return 1
    except KeyboardInterrupt:
        console.print(f"\nStopped. Continue with: python baselines/{script} --resume {folder.path}")
        return 130
    return 0
