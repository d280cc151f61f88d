"""Memory of one update at a vocabulary of 151,936: whole logits, chunks, checkpointed layers, LoRA.

    python benchmarks/memory.py
    python benchmarks/memory.py --only chunked --layers 8

Eight replies of 512 tokens to eight prompts of 64 are learned from in one micro-batch, in float32,
at temperature 0.7. Each case runs in a process of its own; its peak is the largest resident memory
of the process. Weights, gradients and both moments of the optimiser (16 bytes for every trained
weight, 4 for a frozen one) and what the process held before there was a model are taken off: what
is left is what learning needs above the model. `whole` needs 14 GB of free memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from measuring import keep, measured_on, parse_with, peak_mb, rss_mb

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "memory.json"
VOCABULARY, ROWS, PROMPT, REPLY = 151_936, 8, 64, 512
TARGET_MB = 1500

CASES: dict[str, dict[str, Any]] = {
    "whole": {"logit_chunk": ROWS * REPLY},
    "chunked": {},
    "chunked, checkpointed": {"gradient_checkpointing": True},
    "chunked, checkpointed, LoRA": {"gradient_checkpointing": True, "rank": 16},
}
SHAPES = {
    2: ("whole", "chunked"),
    30: ("chunked", "chunked, checkpointed", "chunked, checkpointed, LoRA"),
}
"""Layers of the model -> cases. Two show the logits, thirty (SmolLM2-135M's shape) the layers."""


def measure(case: str, layers: int) -> dict[str, Any]:
    """Make one update and return what it took."""
    import numpy as np
    import torch
    from transformers import AutoTokenizer

    from baselines.collate import Row
    from baselines.config import LoRAConfig, OptimConfig, RolloutConfig, TrainConfig
    from baselines.policy.lora import new_adapter
    from baselines.policy.model import Policy
    from baselines.update import Learner, Totals

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    settings = dict(CASES[case])
    rank = settings.pop("rank", 0)
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "baselines/assets/webshop-cold-start")
    if rank:
        import peft  # noqa: F401 - what it weighs is no part of learning
    before = rss_mb()
    policy = Policy(make_model(layers), tokenizer, torch.device("cpu"), **settings)
    if rank:
        how = LoRAConfig(rank=rank)
        policy.adapter = new_adapter(policy.model, how, "-", torch.Generator().manual_seed(1))
    config = TrainConfig(
        rollout=RolloutConfig(max_reply_tokens=REPLY, temperature=0.7),
        optim=OptimConfig(lr=1e-6, micro_batch_tokens=ROWS * (PROMPT + REPLY)),
    )
    learner, totals = Learner(policy, config), Totals()
    draw = torch.Generator().manual_seed(2)

    def row(reply: int, advantage: float) -> Row:
        ids = torch.randint(VOCABULARY, (PROMPT + reply,), generator=draw).numpy()
        return Row(
            prompt_ids=ids[:PROMPT],
            reply_ids=ids[PROMPT:],
            loss_mask=np.ones(reply, dtype=np.bool_),
            old_log_probs=np.full(reply, -12.0),
            advantage=advantage,
        )

    learner._optimizer_step([row(4, 1.0)], Totals(), first=True)  # now there are moments
    rows = [row(REPLY, 1.0 - 2.0 * (i % 2)) for i in range(ROWS)]
    began = time.perf_counter()
    with policy.learning(0):
        learner._optimizer_step(rows, totals, first=True)
    frozen = policy.num_parameters - policy.num_trained
    model = (16 * policy.num_trained + 4 * frozen) / 2**20
    return {
        "layers": layers,
        "parameters": policy.num_parameters,
        "trained": policy.num_trained,
        "peak_mb": round(peak_mb()),
        "process_mb": round(before),
        "model_mb": round(model),
        "above_model_mb": round(peak_mb() - before - model),
        "update_s": round(time.perf_counter() - began, 1),
        "loss": totals["loss"],
        "grad_norm": totals["grad_norm"],
    }


def make_model(layers: int) -> Any:
    """Return a model of SmolLM2-135M's width with random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=layers,
        num_attention_heads=9,
        num_key_value_heads=3,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LlamaForCausalLM(shape)


def child(case: str, layers: int, threads: int) -> dict[str, Any]:
    """Run a case in a process of its own."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": str(ROOT),
        "MALLOC_TRIM_THRESHOLD_": "0",  # what was freed is given back: the peak is what was needed
    }
    command = [sys.executable, __file__, "--measure", json.dumps([case, layers])]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{case}, {layers} layers: status {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(results: dict[str, Any]) -> None:
    """Print the table."""
    print(f"{'layers':>6} {'case':30} {'above the model':>16} {'peak':>10} {'update':>9}")
    for found in results["cases"]:
        print(
            f"{found['layers']:6} {found['case']:30} {found['above_model_mb']:13,} MB "
            f"{found['peak_mb']:7,} MB {found['update_s']:7.1f} s"
        )
    print(f"target: chunked, at most {TARGET_MB:,} MB above the model")


def main() -> None:
    """Measure every case, or one; print a table and write the JSON file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=sorted(CASES), help="one case")
    parser.add_argument("--layers", type=int, help="of the model, for the one case")
    options = parse_with(parser, RESULTS)
    if options.measure:
        print(json.dumps(measure(*json.loads(options.measure))))
        return
    wanted = [(case, layers) for layers, cases in SHAPES.items() for case in cases]
    if options.only:
        wanted = [(options.only, options.layers or 2)]

    def all_cases() -> list[dict[str, Any]]:
        return [{"case": c, **child(c, layers, options.threads)} for c, layers in wanted]

    cases, machine = measured_on(all_cases)
    batch = {"vocabulary": VOCABULARY, "rows": ROWS, "prompt": PROMPT, "reply": REPLY}
    results = {"batch": batch, "threads": options.threads, "machine": machine, "cases": cases}
    if options.only:
        show(results)
    else:
        keep(options.out, results, show)


if __name__ == "__main__":
    main()
