"""What choosing a token costs beside the forward pass, at the vocabularies of real models.

A model of SmolLM2-135M's shape with random weights decodes 8 rows with its cache. Two kinds of
logits are sampled from: the model's own, which are flat because nothing was learned, and peaked
ones as trained models give, whose nucleus holds a few dozen tokens. Called by
``benchmarks/rollout.py --vocab 151936``.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from baselines.policy.decoding_cache import cache_argument, make_cache
from baselines.sampling.generation import choose
from baselines.sampling.protocol import Decoding
from baselines.uncertainty import SignalConfig

ROWS = 8
PROMPT = 200
PEAKS = 40
TARGET = 0.15
DECODINGS = {
    "T 1.0, top_p 1.00": Decoding(max_tokens=1, signal=SignalConfig()),
    "T 0.7, top_p 1.00": Decoding(max_tokens=1, temperature=0.7, signal=SignalConfig()),
    "T 0.6, top_p 0.95": Decoding(max_tokens=1, temperature=0.6, top_p=0.95, signal=SignalConfig()),
    "greedy": Decoding(max_tokens=1, greedy=True, signal=SignalConfig()),
}


def make_model(vocab: int, device: str) -> Any:
    """Return a model of SmolLM2-135M's shape: 134.5 M parameters at its own 49,152 entries."""
    shape = LlamaConfig(
        vocab_size=vocab,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LlamaForCausalLM(shape).eval().to(device)


def peaked(logits: Tensor) -> Tensor:
    """Return logits as of a trained model: a few dozen tokens hold nearly all probability."""
    draw = torch.Generator().manual_seed(1)
    where = torch.randint(logits.shape[-1], (len(logits), PEAKS), generator=draw)
    heights = 12 + 2 * torch.randn(len(logits), PEAKS, generator=draw)
    found = logits.float().clone()
    return found.scatter(-1, where.to(logits.device), heights.to(logits.device))


def median_seconds(run: Callable[[], Any], repeats: int, device: str) -> dict[str, float]:
    """Return the medians of wall and CPU seconds of a run, after two that warm up."""
    wall, cpu = [], []
    for _ in range(repeats + 2):
        began, busy = time.perf_counter(), time.process_time()
        run()
        if device != "cpu":
            torch.cuda.synchronize()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - busy)
    return {"wall_s": statistics.median(wall[2:]), "cpu_s": statistics.median(cpu[2:])}


@torch.inference_mode()
def measure(vocab: int, device: str, repeats: int) -> dict[str, Any]:
    """Time one decoding step and each way to choose its token."""
    model = make_model(vocab, device)
    ids = torch.randint(vocab, (ROWS, PROMPT), generator=torch.Generator().manual_seed(2))
    ids = ids.to(device)
    name = cache_argument(model)
    cache = make_cache(model.config, PROMPT + repeats + 8)
    model(input_ids=ids, use_cache=True, logits_to_keep=1, **{name: cache})

    def forward() -> Tensor:
        logits: Tensor = model(input_ids=ids[:, :1], use_cache=True, **{name: cache}).logits[:, -1]
        return logits

    result: dict[str, Any] = {
        "vocabulary": vocab,
        "parameters": sum(p.numel() for p in model.parameters()),
        "rows": ROWS,
        "device": device,
        "forward": median_seconds(forward, repeats, device),
        "choosing": {},
    }
    flat = forward()
    draws = torch.rand(ROWS, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    draws = draws.to(device)
    for label, how in DECODINGS.items():
        given = None if how.greedy else draws
        for kind, logits in (("peaked", peaked(flat)), ("flat", flat)):
            result["choosing"][f"{label}, {kind}"] = median_seconds(
                lambda: choose(logits, given, how),  # noqa: B023 - called within the turn
                repeats,
                device,
            )
    return result


def milliseconds(found: dict[str, float]) -> str:
    """Return wall and CPU time as a column."""
    return f"{1e3 * found['wall_s']:8.2f} ms wall {1e3 * found['cpu_s']:8.2f} ms CPU"


def report(result: dict[str, Any]) -> list[str]:
    """Return the lines of the table."""
    forward = result["forward"]
    lines = [
        f"vocabulary {result['vocabulary']:,}, {result['parameters'] / 1e6:.1f} M parameters, "
        f"{result['rows']} rows on {result['device']}, {torch.get_num_threads()} threads",
        f"{'forward pass':28} {milliseconds(forward)}",
    ]
    for label, found in result["choosing"].items():
        shares = [found[key] / forward[key] for key in ("wall_s", "cpu_s")]
        lines.append(
            f"{label:28} {milliseconds(found)}   {100 * shares[0]:5.1f} % / "
            f"{100 * shares[1]:5.1f} % of it (target {100 * TARGET:.0f} %)"
        )
    return lines
