"""Generators and loops: Hugging Face beside vLLM, turn by turn beside without a barrier.

    .venv-vllm/bin/python benchmarks/engines.py      (make test-vllm makes that environment)
    .venv-vllm/bin/python benchmarks/engines.py --episodes 16 --repeats 1
    .venv-vllm/bin/python benchmarks/engines.py --wide 32768 --dtype bfloat16 --repeats 1

The committed policy that deliberates plays 64 episodes of WebShop with the settings of its preset:
replies of 40 to 184 tokens. Three ways to play the same episodes, with thoughts closed by TTI and
without:

* hf               the Hugging Face decoder, turn by turn;
* vllm, barrier    a vLLM engine, turn by turn;
* vllm             the same engine, every episode at its own pace.

CPU time is that of both processes. Decoding steps are counted from the replies: turn by turn every
batch takes as many as its longest reply, without a barrier a rollout takes as many as its longest
episode. Their ratio is what a device gains on which a step costs the same whatever the number of
rows. `--wide` makes this CPU such a device: it adds units to the layers that contribute nothing, so
that every reply stays what it was and a step costs the reading of many weights, as it does with
real models.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import psutil
import torch
from measuring import keep, measured_on, parse_with

from baselines.config import TrainConfig
from baselines.engine.generator import VLLMGenerator
from baselines.evaluation import Player, make_envs, training_plan
from baselines.intervention import ThinkingRule
from baselines.policy.loading import load_policy
from baselines.policy.model import Policy
from baselines.presets import PRESETS
from baselines.rollout import collect
from baselines.run.panels import make_player
from baselines.sampling.protocol import Decoding, Request
from baselines.trajectory import Generation, Group

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "engines.json"
Numbers = Literal["float32", "bfloat16"]
PRESET, GROUP, EPSILON = "webshop-deliberate", 8, 0.08
TARGET = 1.3


class Barrier:
    """An engine that is only asked for whole batches."""

    def __init__(self, inner: VLLMGenerator) -> None:
        self._inner = inner

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Generation]:
        """Return one reply per request, in order."""
        return self._inner.generate(requests, decoding)


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """Return the CPU time of some processes so far."""
    return sum(sum(p.cpu_times()[:2]) for p in processes)


def steps_of(groups: Sequence[Group]) -> tuple[int, int]:
    """Return the decoding steps of a rollout turn by turn, and without a barrier."""
    lengths = [
        [turn.generation.num_tokens for turn in episode.turns]
        for group in groups
        for episode in group.trajectories
    ]
    stepped = sum(max(turn) for turn in zip_longest(*lengths, fillvalue=0))
    return stepped, max(sum(episode) for episode in lengths)


def play(player: Player, tasks: int, rule: ThinkingRule | None) -> dict[str, Any]:
    """Play one rollout; returns tokens, seconds and steps."""
    envs = make_envs(player.config, "train", tasks, GROUP)
    plan = training_plan(player, envs, 0, thinking=rule, turns=None)
    if rule is None:
        plan = replace(plan, decoding=replace(plan.decoding, signal=None))
    processes = [psutil.Process()]
    inner = getattr(player.generator, "_inner", player.generator)
    if isinstance(inner, VLLMGenerator):
        processes.append(psutil.Process(inner.engine.pid))
    began, busy = time.perf_counter(), cpu_seconds(processes)
    groups = collect(envs, player.generator, player.prompting, plan)
    wall, cpu = time.perf_counter() - began, cpu_seconds(processes) - busy
    stepped, flowing = steps_of(groups)
    return {
        "tokens": sum(episode.tokens for group in groups for episode in group.trajectories),
        "wall_s": wall,
        "cpu_s": cpu,
        "steps_turn_by_turn": stepped,
        "steps_without_barrier": flowing,
    }


def policy_and_config(wide: int = 0, dtype: Numbers = "float32") -> tuple[Policy, TrainConfig]:
    """Return the policy and its settings, on the CPU; with `wide` idle units in every layer."""
    config = PRESETS[PRESET]()
    config = replace(config, policy=replace(config.policy, device="cpu", dtype=dtype))
    policy = load_policy(config.model, config.policy)
    if wide:
        widen(policy.model, wide)
    return policy, config


@torch.no_grad()
def widen(model: torch.nn.Module, units: int) -> None:
    """Add units of weight zero to every feed-forward layer, `units` in all; no output changes.

    Raises:
        ValueError: fewer units are asked for than there are.
    """
    for module in model.modules():
        for name, axis in (("gate_proj", 0), ("up_proj", 0), ("down_proj", 1)):
            layer = getattr(module, name, None)
            if isinstance(layer, torch.nn.Linear):
                layer.weight = torch.nn.Parameter(padded(layer.weight, units, axis))
                layer.out_features, layer.in_features = layer.weight.shape
    model.config.intermediate_size = units


def padded(weight: torch.Tensor, size: int, axis: int) -> torch.Tensor:
    """Return a matrix with zeros appended along an axis, up to a size."""
    shape = list(weight.shape)
    shape[axis] = size - shape[axis]
    if shape[axis] < 0:
        raise ValueError(f"--wide is {size}; the layers have {weight.shape[axis]} units already.")
    return torch.cat([weight, weight.new_zeros(shape)], dim=axis)


def players(episodes: int, eager: bool, wide: int, dtype: Numbers) -> dict[str, Player]:
    """Return the three ways to play."""
    policy, config = policy_and_config(wide, dtype)
    how = replace(config.vllm, kv_cache_gib=1.0, enforce_eager=eager, max_num_seqs=episodes)
    engine = make_player(policy, replace(config, generator="vllm", vllm=how))
    assert isinstance(engine.generator, VLLMGenerator)
    return {
        "hf": make_player(policy, config),
        "vllm, barrier": replace(engine, generator=Barrier(engine.generator)),
        "vllm": engine,
    }


def measure(
    episodes: int, repeats: int, eager: bool, wide: int, dtype: Numbers
) -> list[dict[str, Any]]:
    """Measure every way to play, taking turns; medians."""
    ways, cases = players(episodes, eager, wide, dtype), []
    rules = {"TTI": PRESETS[PRESET]().thinking.rule(EPSILON), "plain": None}
    for kind, rule in rules.items():
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
        for repeat in range(repeats + 1):  # the first one warms up
            for name, player in ways.items():
                result = play(player, episodes // GROUP, rule)
                print(kind, repeat, name, result, flush=True)
                if repeat:
                    found[name].append(result)
        cases += [{"way": n, "decoding": kind, **medians(f)} for n, f in found.items()]
    engine = ways["vllm"].generator
    assert isinstance(engine, VLLMGenerator)
    engine.close()
    return cases


def medians(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the medians of some measurements, and tokens per second."""
    middle: Callable[[str], float] = lambda name: statistics.median(f[name] for f in found)  # noqa: E731
    return {
        **{name: round(middle(name), 2) for name in found[0]},
        "tokens_per_wall_s": round(statistics.median(f["tokens"] / f["wall_s"] for f in found)),
        "tokens_per_cpu_s": round(statistics.median(f["tokens"] / f["cpu_s"] for f in found)),
    }


def show(results: dict[str, Any]) -> None:
    """Print the table."""
    print(f"{'decoding':10} {'way':14} {'tokens':>7} {'tokens/s':>9} {'tokens/CPU s':>13}")
    for case in results["cases"]:
        print(
            f"{case['decoding']:10} {case['way']:14} {case['tokens']:7,.0f} "
            f"{case['tokens_per_wall_s']:9,} {case['tokens_per_cpu_s']:13,}"
        )
    for kind in ("TTI", "plain"):
        rows = {c["way"]: c for c in results["cases"] if c["decoding"] == kind}
        gain = rows["vllm"]["tokens_per_wall_s"] / rows["vllm, barrier"]["tokens_per_wall_s"]
        steps = rows["vllm"]["steps_turn_by_turn"] / rows["vllm"]["steps_without_barrier"]
        print(f"{kind}: no barrier {gain:.2f} x (target {TARGET}), {steps:.2f} x fewer steps")


def main() -> None:
    """Measure, print a table, write the JSON file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--episodes", type=int, default=64, help="a multiple of 8")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--eager", type=int, default=1, help="0 compiles the engine's model")
    parser.add_argument("--wide", type=int, default=0, help="units of every layer, most of them 0")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    options = parse_with(parser, RESULTS)
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    o = options
    cases, machine = measured_on(
        lambda: measure(o.episodes, o.repeats, bool(o.eager), o.wide, o.dtype)
    )
    names = ("episodes", "repeats", "eager", "wide", "dtype")
    settings = {"preset": PRESET, **{name: getattr(options, name) for name in names}}
    keep(options.out, {**settings, "machine": machine, "cases": cases}, show)


if __name__ == "__main__":
    main()
