"""One rollout and one update beside TRL's GRPOTrainer: the same models, batch and machine.

    python benchmarks/trainer.py --trl-python /path/to/an/environment/with/trl/bin/python

Both sides sample the same number of tokens after the same prompts (groups share a prompt, nothing
stops early, temperature 1), then make one GRPO update over all of them: no KL, clip 0.2, AdamW,
float32. TRL runs as it comes, except that gradient checkpointing is off, which would only slow it
down. Each side runs in a process of its own; the median of several steps counts, and the largest
resident memory of the process, with `--device cuda` the largest of the GPU's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import parse_with, peak_mb

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "trainer.json"
SMALL = ROOT / "baselines" / "assets" / "webshop-cold-start"
BATCHES = {"0.8 M": (8, 8, 64, 8), "135 M": (4, 4, 48, 4)}
"""Model -> prompts, members of a group, tokens of a reply, measured steps."""
PROMPT = "Find me a red mug with size: small. > search[red mug] | b0abc red mug of clay, 12.50 "


def prompts_of(count: int) -> list[str]:
    """Return different prompts of similar lengths."""
    return [f"{i} " + PROMPT * 4 for i in range(count)]


def make_large(folder: Path) -> None:
    """Save a model of SmolLM2-135M's shape with random weights and the small model's tokenizer."""
    from large_vocabulary import make_model
    from transformers import AutoTokenizer

    make_model(49_152, "cpu").save_pretrained(folder)
    AutoTokenizer.from_pretrained(SMALL).save_pretrained(folder)


def measure_own(model: str, prompts: int, group: int, tokens: int, steps: int) -> dict[str, Any]:
    """Time this project's decoder and learner."""
    import numpy as np
    import torch

    from baselines.advantages import grpo_advantages
    from baselines.collate import turn_rows
    from baselines.config import LossConfig, OptimConfig, PolicyConfig, RolloutConfig, TrainConfig
    from baselines.policy.loading import load_policy
    from baselines.policy.tokenizer import encode
    from baselines.sampling.generation import HFGenerator
    from baselines.sampling.protocol import Decoding, Request
    from baselines.trajectory import Group, Trajectory, Turn
    from baselines.update import Learner

    class Endless(HFGenerator):
        def is_stop(self, tokens: Any) -> Any:
            return np.zeros(len(tokens), dtype=np.bool_)

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    policy = load_policy(model, PolicyConfig(device=device()))
    config = TrainConfig(
        rollout=RolloutConfig(max_reply_tokens=tokens),
        loss=LossConfig(dual_clip=None),
        optim=OptimConfig(lr=1e-6, micro_batch_tokens=4_096),
    )
    generator, learner = Endless(policy, queue="</think>\n<action>"), Learner(policy, config)
    ids = [np.array(encode(policy.tokenizer, text)) for text in prompts_of(prompts)]
    rollouts, updates = [], []
    for step in range(steps + 1):
        requests = [
            Request(prompt_ids=ids[p], seed=(step, p, m))
            for p in range(prompts)
            for m in range(group)
        ]
        began = now()
        replies = generator.generate(requests, Decoding(max_tokens=tokens))
        rollouts.append(now() - began)
        made = iter(zip(requests, replies, strict=True))
        groups = []
        for p in range(prompts):
            members = []
            for m in range(group):
                request, reply = next(made)
                turn = Turn(
                    index=0,
                    prompt_ids=request.prompt_ids,
                    generation=reply,
                    observation="",
                    action="",
                    reward=float(m % 2),
                    valid=True,
                    accepted=True,
                    anchor="",
                    terminated=True,
                )
                members.append(
                    Trajectory(
                        task_id=str(p),
                        member=m,
                        turns=(turn,),
                        score=0.0,
                        success=False,
                        progress=0.0,
                    )
                )
            groups.append(Group(index=p, task_id=str(p), trajectories=tuple(members)))
        began = now()
        turns = turn_rows(groups)
        advantages = grpo_advantages(
            [row.turn.reward for row in turns],
            [row.group for row in turns],
            [row.trajectory for row in turns],
            [1.0] * len(turns),
        )
        learner.update(turns, advantages, step)
        updates.append(now() - began)
    return summary(rollouts, updates, prompts * group * tokens)


def measure_trl(model: str, prompts: int, group: int, tokens: int, steps: int) -> dict[str, Any]:
    """Time TRL's trainer: its own generation, then the rest of a step."""
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    rollouts: list[float] = []
    totals: list[float] = []

    class Timed(GRPOTrainer):  # type: ignore[misc]
        def _generate(self, *arguments: Any, **settings: Any) -> Any:
            began = now()
            found = super()._generate(*arguments, **settings)
            rollouts.append(now() - began)
            return found

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *arguments: Any, **settings: Any) -> None:
            self.began = now()

        def on_step_end(self, *arguments: Any, **settings: Any) -> None:
            totals.append(now() - self.began)

    def reward(completions: list[Any], **columns: Any) -> list[float]:
        return [float(i % 2) for i in range(len(completions))]

    with tempfile.TemporaryDirectory() as folder:
        trainer = Timed(
            model=model,
            reward_funcs=reward,
            processing_class=AutoTokenizer.from_pretrained(model, padding_side="left"),
            train_dataset=Dataset.from_dict({"prompt": prompts_of(prompts) * (steps + 1)}),
            callbacks=[Clock()],
            args=GRPOConfig(
                output_dir=folder,
                use_cpu=device() == "cpu",
                bf16=False,
                gradient_checkpointing=False,
                per_device_train_batch_size=prompts * group,
                num_generations=group,
                max_completion_length=tokens,
                generation_kwargs={"min_new_tokens": tokens},
                max_steps=steps + 1,
                learning_rate=1e-6,
                temperature=1.0,
                beta=0.0,
                report_to="none",
                save_strategy="no",
                logging_steps=1_000,
                disable_tqdm=True,
                seed=0,
            ),
        )
        trainer.train()
    updates = [total - rollout for total, rollout in zip(totals, rollouts, strict=True)]
    return summary(rollouts, updates, prompts * group * tokens)


def device() -> str:
    """Return the device of this process: `cpu` or `cuda`."""
    return os.environ.get("TRAINER_DEVICE", "cpu")


def now() -> float:
    """Return the seconds of a clock, once the GPU has done what it was told to do."""
    import torch

    if device() == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def summary(rollouts: list[float], updates: list[float], tokens: int) -> dict[str, Any]:
    """Return medians, without the first step, which warms everything up."""
    import torch

    rollout, update = statistics.median(rollouts[1:]), statistics.median(updates[1:])
    on_gpu = device() == "cuda"
    return {
        "rollout_s": round(rollout, 3),
        "update_s": round(update, 3),
        "tokens_per_s": round(tokens / rollout),
        "peak_mb": round(torch.cuda.max_memory_allocated() / 2**20 if on_gpu else peak_mb()),
    }


def child(
    python: str, side: str, model: str, batch: tuple[int, ...], threads: int, place: str
) -> Any:
    """Run one side in a process of its own."""
    environment = {
        **os.environ,
        "TRAINER_DEVICE": place,
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": str(ROOT) if side == "own" else "",
        "TRL_EXPERIMENTAL_SILENCE": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    command = [python, __file__, "--side", side, "--measure", json.dumps([model, *batch])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{side} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure both sides, print a table and write the JSON file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trl-python", default=sys.executable, help="interpreter that has trl")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=sorted(BATCHES), help="one model")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--side", choices=("own", "trl"), help=argparse.SUPPRESS)
    options = parse_with(parser, RESULTS)
    if options.measure:
        measured = measure_own if options.side == "own" else measure_trl
        print(json.dumps(measured(*json.loads(options.measure))))
        return
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        make_large(Path(folder))
        for name, batch in BATCHES.items():
            if options.only not in (None, name):
                continue
            model = str(SMALL) if name == "0.8 M" else folder
            how = model, batch, options.threads, options.device
            own = child(sys.executable, "own", *how)
            trl = child(options.trl_python, "trl", *how)
            prompts, group, tokens, steps = batch
            results[name] = {
                "batch": {"prompts": prompts, "group": group, "tokens": tokens, "steps": steps},
                "own": own,
                "trl": trl,
                "rollout_times_as_fast": round(trl["rollout_s"] / own["rollout_s"], 2),
                "update_times_as_fast": round(trl["update_s"] / own["update_s"], 2),
                "memory_share": round(own["peak_mb"] / trl["peak_mb"], 2),
            }
            print(name, json.dumps(results[name], indent=2), flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
