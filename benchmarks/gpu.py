"""What a GPU is worth here: decoding, updates, and whole runs with their held-out results.

    tools/gpu_check.sh                          on a machine with a CUDA device
    tools/gpu_check.sh --scale 0.1              a rehearsal on any machine, a tenth of the size

(a) tokens per second of the decoder as it is, of its compiled steps, and of `model.generate`; (b)
seconds of an update, with TRL's beside it where TRL is installed; (c) T2PO and GiGPO on WebShop
from the committed cold start, evaluated before and after. (a) and (b) use a model of SmolLM2-135M's
shape with random weights, in bfloat16: speed does not depend on what they are. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import keep

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "gpu.json"
VOCABULARY, PROMPT = 49_152, 512


def sized(full: int, scale: float, least: int = 1) -> int:
    """Return a share of a number, at least `least`."""
    return max(least, round(full * scale))


def large_policy() -> Any:
    """Make the model of (a) and (b) on the device that `auto` means."""
    import torch
    from large_vocabulary import make_model
    from transformers import AutoTokenizer

    from baselines.policy.loading import pick_device
    from baselines.policy.model import Policy

    tokenizer = AutoTokenizer.from_pretrained(ROOT / "baselines/assets/webshop-cold-start")
    model = make_model(VOCABULARY, "cpu").to(torch.bfloat16)
    return Policy(model, tokenizer, pick_device("auto"))


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of the second call: the first one compiles and reserves."""
    import torch

    work()
    began = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def decoding(scale: float) -> dict[str, float]:
    """(a) Tokens per second, all rows writing to the end."""
    import numpy as np
    import torch

    from baselines.sampling.generation import HFGenerator
    from baselines.sampling.protocol import Decoding, Request
    from baselines.sampling.stepping import FixedStages

    policy, rows, tokens = large_policy(), sized(64, scale, 4), sized(128, scale, 8)
    draw = np.random.default_rng(0)
    prompts = [draw.integers(300, 1200, PROMPT) for _ in range(rows)]
    asked = [Request(prompt_ids=ids, seed=(0, i)) for i, ids in enumerate(prompts)]
    how = Decoding(max_tokens=tokens)

    def endless(**others: Any) -> HFGenerator:
        made = HFGenerator(policy, queue="</think>\n<action>", max_rows=rows, **others)
        made._stops[:] = False
        return made

    growing, found = endless(), {}
    found["own"] = rows * tokens / timed(lambda: growing.generate(asked, how))
    fixed = endless(stages=FixedStages(policy, PROMPT + tokens))
    found["own, compiled"] = rows * tokens / timed(lambda: fixed.generate(asked, how))
    ids = torch.from_numpy(np.stack(prompts)).to(policy.device)
    settings = {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": True, "top_k": 0}

    def library() -> object:
        mask = torch.ones_like(ids)
        return policy.model.generate(ids, attention_mask=mask, pad_token_id=0, **settings)

    found["model.generate"] = rows * tokens / timed(library)
    return {name: round(speed, 1) for name, speed in found.items()}


def update(scale: float) -> dict[str, Any]:
    """(b) Seconds and, on a GPU, memory of an update."""
    import numpy as np
    import torch

    from baselines.collate import Row
    from baselines.config import OptimConfig, RolloutConfig, TrainConfig
    from baselines.update import Learner, Totals

    policy, rows, reply = large_policy(), sized(64, scale, 4), sized(256, scale, 16)
    config = TrainConfig(
        rollout=RolloutConfig(max_reply_tokens=reply),
        optim=OptimConfig(lr=1e-6, micro_batch_tokens=sized(16_384, scale, PROMPT + reply)),
    )
    learner, draw = Learner(policy, config), np.random.default_rng(0)
    batch = [
        Row(
            prompt_ids=draw.integers(300, 1200, PROMPT),
            reply_ids=draw.integers(300, 1200, reply),
            loss_mask=np.ones(reply, dtype=np.bool_),
            old_log_probs=np.full(reply, -10.0),
            advantage=float(draw.normal()),
        )
        for _ in range(rows)
    ]

    def one() -> None:
        with policy.learning(0):
            learner._optimizer_step(batch, Totals(), first=False)

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    seconds = timed(one)
    found: dict[str, Any] = {"rows": rows, "tokens": rows * (PROMPT + reply), "seconds": seconds}
    if torch.cuda.is_available():
        found["peak_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    return found


def beside_trl(scale: float) -> Any:
    """(b) What `benchmarks/trainer.py` measures beside TRL; a sentence where TRL is missing.

    A rehearsal takes the small model alone: of the larger one, a step takes a CPU minutes.
    """
    from importlib.util import find_spec

    import torch

    if find_spec("trl") is None:
        return "TRL is not installed here"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "trainer.json"
        script = str(ROOT / "benchmarks" / "trainer.py")
        where = "cuda" if torch.cuda.is_available() else "cpu"
        flags = ["--out", str(out), "--device", where]
        flags += [] if scale == 1.0 else ["--only", "0.8 M"]
        subprocess.run([sys.executable, script, *flags], check=True)
        return json.loads(out.read_text())


def runs(scale: float) -> dict[str, Any]:
    """(c) Success before and after, and minutes, of T2PO and GiGPO."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("t2po", "gigpo"):
            began = time.perf_counter()
            flags = ["--preset", "webshop", "--run.root", folder, "--run.name", name]
            flags += ["--run.steps", str(sized(30, scale, 2)), "--run.tensorboard", "False"]
            flags += ["--eval.tasks", str(sized(200, scale, 8)), "--eval.thinking", "off"]
            flags += ["--rollout.tasks", str(sized(12, scale, 2))]
            script = str(ROOT / "baselines" / f"{name}_train.py")
            subprocess.run([sys.executable, script, *flags], check=True)
            lines = (Path(folder) / name / "evaluations.jsonl").read_text().splitlines()
            panel = [row for row in map(json.loads, lines) if row["split"] == "test"]
            found[name] = {
                "before": panel[0]["success"],
                "after": panel[-1]["success"],
                "tasks": panel[0]["tasks"],
                "minutes": round((time.perf_counter() - began) / 60, 2),
            }
    return found


def main() -> int:
    """Run the parts and write what came out; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size")
    parser.add_argument("--only", choices=("decoding", "update", "trl", "runs"))
    parser.add_argument("--out", type=Path, default=None, help="where the JSON goes")
    options = parser.parse_args()
    import torch

    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    if options.scale == 1.0 and card == "no GPU":
        parser.error("there is no CUDA device here; rehearse with --scale 0.1.")
    parts: dict[str, Callable[[], Any]] = {
        "decoding": lambda: decoding(options.scale),
        "update": lambda: update(options.scale),
        "trl": lambda: beside_trl(options.scale),
        "runs": lambda: runs(options.scale),
    }
    results: dict[str, Any] = {
        "card": card,
        "scale": options.scale,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cores": os.cpu_count(),
    }
    for name, measure in parts.items():
        if options.only in (None, name):
            results[name] = measure()
            print(f"{name}: {json.dumps(results[name])}", flush=True)
    if options.out or options.scale == 1.0:
        keep(options.out or RESULTS, results, lambda found: print(json.dumps(found, indent=2)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
