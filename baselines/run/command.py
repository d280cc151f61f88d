"""Command lines of the training script and of the cold start: a preset, then flags over it."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from .. import INSTALLED
from ..config import Algorithm, TrainConfig, from_json
from ..policy.loading import is_pretrained
from ..policy.problems import ended
from ..presets import DEFAULT, OF_ENV, OF_ENV_LLM, PRESETS
from ..presets.variants import VARIANTS, of_algorithm

__all__ = ["Command", "command_of", "parse_command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What was asked for.

    Example: `--preset toy --run.seed 3` is `Command(config=<toy with seed 3>)`.
    """

    config: TrainConfig
    """All settings."""
    resume: Path | None = None
    """Run folder to continue."""
    out: str = ""
    """Where to write the result, for commands that ask for it."""
    preset: str = ""
    """Preset the settings started from; empty for a run that goes on."""
    preset_named: bool = False
    """Whether the command line named it."""
    dry_run: int = 0
    """Processes to plan for, instead of running; 0 runs."""
    memory: float = 0.0
    """Gigabytes that each of them may use, for the plan; 0 asks the machine."""


def parse_command(
    arguments: Sequence[str],
    *,
    prog: str,
    summary: str,
    extra: Sequence[str] = (),
    algorithm: Algorithm = "t2po",
) -> Command:
    """Parse a command line.

    Args:
        arguments: without the program's name.
        prog: shown in help and errors.
        summary: what the program does.
        extra: `out`, `resume` and `dry-run`, where the program knows them.
        algorithm: whose settings a preset is turned into.
    """
    first = argparse.ArgumentParser(prog=prog, add_help=False, allow_abbrev=False)
    first.add_argument("--preset", choices=sorted(PRESETS), default=None)
    names = ",".join(sorted(PRESETS))
    lines = [
        f"--preset {{{names}}}: start from these settings. Without it: those of --env (or "
        f"{DEFAULT}), and with a pretrained --model those of --env that end in -llm."
    ]
    first.add_argument("--variant", choices=sorted(VARIANTS), default=None)
    lines += [
        "--variant NAME: settings under their name in the literature, over the preset's.",
        *(f"    {name}: {made.__doc__}" for name, made in sorted(VARIANTS.items())),
    ]
    asks_help = {"-h", "--help"} & set(arguments)
    if "out" in extra:
        first.add_argument("--out", required=not asks_help, default="")
        lines.append("--out FOLDER: where the checkpoint goes (required).")
    if "resume" in extra:
        first.add_argument("--resume", type=Path, default=None, metavar="FOLDER")
        lines.append("--resume FOLDER: continue that run from its last checkpoint.")
    if "dry-run" in extra:
        first.add_argument("--dry-run", nargs="?", type=_processes, const=1, default=0)
        first.add_argument("--memory", type=_gigabytes, default=0.0)
        lines.append(
            "--dry-run [PROCESSES]: print tokens and memory of the run, and load nothing; "
            "--memory GB is what each process may use there (this machine's without it)."
        )
    known, rest = first.parse_known_args(list(arguments))
    resume: Path | None = getattr(known, "resume", None)
    if getattr(known, "memory", 0.0) and not known.dry_run:
        first.error("--memory belongs to a plan: add --dry-run, or leave it out to run.")
    preset = known.preset or _preset_of(arguments)
    if resume is None:
        default = of_algorithm(PRESETS[preset](), algorithm)
        default = VARIANTS[known.variant](default) if known.variant else default
    elif known.variant:
        first.error("--variant is for a new run; one that goes on keeps its settings.")
    else:
        default = _saved(first, resume, algorithm)
    config = tyro.cli(
        TrainConfig,
        prog=prog,
        description="\n".join([summary.strip(), "", *lines]),
        args=rest,
        default=default,
        # Every flag may be written with - or _; subcommands for optional parts would only confuse.
        config=(tyro.conf.AvoidSubcommands, tyro.conf.FlagConversionOff),
    )
    return Command(
        config=config,
        resume=resume,
        out=getattr(known, "out", ""),
        preset=preset if resume is None else "",
        preset_named=known.preset is not None,
        dry_run=getattr(known, "dry_run", 0),
        memory=getattr(known, "memory", 0.0),
    )


def command_of(algorithm: Algorithm) -> str:
    """Return how people call a trainer: its file in the repository, the command of a wheel."""
    return f"t2po-gym train {algorithm}" if INSTALLED else f"python baselines/{algorithm}_train.py"


def _processes(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"the number of processes to plan for is a whole number of at least 1, not {text!r}"
        )
    return int(text)


def _gigabytes(text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = 0.0
    if not 0.0 < size < math.inf:
        raise argparse.ArgumentTypeError(
            f"the memory that each process may use is a number of gigabytes above 0, not {text!r}"
        )
    return size


def _preset_of(arguments: Sequence[str]) -> str:
    """Return the preset that the environment and the model on the command line mean."""
    peek = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    peek.add_argument("--env", nargs="?", default="")
    peek.add_argument("--model", nargs="?", default="")
    found = peek.parse_known_args(list(arguments))[0]
    small = OF_ENV.get(found.env or "", DEFAULT)
    if not is_pretrained(found.model or ""):
        return small
    return OF_ENV_LLM.get(found.env or PRESETS[DEFAULT]().env, small)


def _saved(parser: argparse.ArgumentParser, folder: Path, algorithm: Algorithm) -> TrainConfig:
    file = folder / "config.json"
    if not file.is_file():
        parser.error(f"{folder} is no run folder: it has no config.json.")
    try:
        config = from_json(TrainConfig, file.read_text(encoding="utf-8"))
    except (ValueError, TypeError, AttributeError) as problem:
        parser.error(f"{file} holds no settings of a run: {ended(problem)}")
    if config.algorithm != algorithm:
        parser.error(
            f"{folder} is a run of {config.algorithm}; continue it with "
            f"{command_of(config.algorithm)} --resume {folder}."
        )
    return config
