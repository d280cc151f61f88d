"""Every number among the settings has a range: nan, and what is outside, is one sentence."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from baselines.config import CriticConfig, OptimConfig, TrainConfig
from baselines.presets import PRESETS
from baselines.t2po_train import main


def numbers(kind: type, place: str = "") -> Iterator[tuple[type, str, str, Any]]:
    """Yield every number of the settings: its class, its name there and in full, its type."""
    for name, hint in typing.get_type_hints(kind).items():
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            yield from numbers(hint, f"{name}.")
        elif {int, float} & {hint, *typing.get_args(hint)}:
            yield kind, name, f"{place}{name}", hint


NUMBERS = list(numbers(TrainConfig))


@pytest.mark.parametrize(("kind", "name", "place", "hint"), NUMBERS, ids=[n[2] for n in NUMBERS])
def test_a_number_that_is_none_is_refused(kind: type, name: str, place: str, hint: Any) -> None:
    wrong: Any = -1 if hint is int else math.nan
    if typing.get_origin(hint) is tuple:
        wrong = (0.5, math.nan)
    others = {"normaliser": "fixed"} if place == "signal.confidence_max" else {}
    with pytest.raises(ValueError, match=name):
        kind(**{name: wrong}, **others)


CASES = [
    ("--optim.lr", "nan"),
    ("--optim.lr", "inf"),
    ("--optim.epochs", "0"),
    ("--optim.minibatches", "0"),
    ("--optim.micro-batch-tokens", "-5"),
    ("--optim.micro-batch-tokens", "0"),
    ("--cold-start.lr", "inf"),
    ("--cold-start.epochs", "0"),
    ("--critic.lr", "nan"),
    ("--policy.heads", "0"),
    ("--policy.vocab-size", "100"),
    ("--rollout.max-reply-tokens", "0"),
    ("--run.seed", "-1"),
]


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_is_within_the_ranges(preset: str) -> None:
    assert PRESETS[preset]() is not None


@pytest.mark.parametrize(("flag", "value"), CASES)
def test_the_command_line_says_what_is_allowed(
    flag: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--preset", "toy", flag, value, "--dry-run"])
    assert caught.value.code == 2
    printed = capsys.readouterr()
    said = " ".join((printed.out + printed.err).replace("│", " ").split())
    setting = flag.rpartition(".")[2].replace("-", "_")
    assert f"{setting} is {float(value) if value in ('nan', 'inf') else value}; it must be" in said
    assert "Traceback" not in said


def test_a_bound_may_be_endless_and_other_numbers_may_not() -> None:
    assert OptimConfig(grad_clip=math.inf).grad_clip == CriticConfig(grad_clip=math.inf).grad_clip
    with pytest.raises(ValueError, match="lr is inf; it must be a finite number of at least 0"):
        OptimConfig(lr=math.inf)
