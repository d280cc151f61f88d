"""Generation speed: what T2PO's bookkeeping costs, and how the decoder compares with `generate`.

    python benchmarks/rollout.py [--rows 64] [--tokens 64] [--repeats 25] [--model NAME] [--json F]
    python benchmarks/rollout.py --vocab 151936 [--device cuda]   sampling beside a forward pass

Three ways to sample the same number of tokens from the same model after the same prompts, pages
that a scripted expert met in the preset's environment:

* plain          this project's decoder without any signal;
* bookkeeping    the same with H and C per token, a thinking controller per row (TTI) and a turn
                 monitor per row (TDS), with thresholds at which nothing fires;
* generate       `model.generate` of the library, sampling.

Nothing may stop early, so every run makes rows x tokens tokens. The variants take turns, so a busy
machine disturbs all alike, and the overhead is the median over pairs of neighbouring runs.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import large_vocabulary
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from baselines.cold_start.make import Demonstration, demonstrate, reply_text
from baselines.config import T2POConfig
from baselines.intervention import ThinkingRule, TurnMonitor, TurnRule
from baselines.policy.loading import cpu_cores, load_policy, new_policy
from baselines.policy.model import Policy
from baselines.policy.tokenizer import train_tokenizer
from baselines.presets import DEFAULT, PRESETS
from baselines.sampling.generation import HFGenerator
from baselines.sampling.prompting import Prompting
from baselines.sampling.protocol import Decoding, Request
from baselines.trajectory import BoolArray, Generation, IntArray


class EndlessGenerator(HFGenerator):
    """Decodes to the last token: no token ends a reply."""

    def is_stop(self, tokens: IntArray) -> BoolArray:
        """No."""
        return np.zeros(len(tokens), dtype=np.bool_)


def expert_turns(config: T2POConfig) -> list[Demonstration]:
    """Return turns of a scripted expert: the pages a policy really stands before."""
    how = replace(config.cold_start, episodes=64)
    episodes = demonstrate(replace(config, cold_start=how), Prompting.of(config.prompt, None))
    return [turn for episode in episodes for turn in episode]


def make_policy(config: T2POConfig, model: str, turns: Sequence[Demonstration]) -> Policy:
    """Load the named model, or make the preset's; fresh weights decode as fast as trained."""
    name = model or config.model
    if name:
        return load_policy(name, config.policy)
    plain = Prompting.of(config.prompt, None)
    texts = [plain.text(turn.task, turn.past, turn.observation, turn.info) for turn in turns]
    texts += [reply_text(turn, inside=False) for turn in turns]
    tokenizer = train_tokenizer(texts, config.policy.vocab_size)
    return new_policy(config.policy, tokenizer, torch.Generator().manual_seed(0))


def distinct_prompts(
    config: T2POConfig, policy: Policy, turns: Sequence[Demonstration], rows: int
) -> list[IntArray]:
    """Return `rows` different prompts, evenly spaced through the expert's turns."""
    prompting = Prompting.of(config.prompt, policy.tokenizer)
    chosen = [turns[i * len(turns) // rows] for i in range(rows)]
    return [prompting.encode(t.task, t.past, t.observation, t.info).ids for t in chosen]


def bookkeeping(config: T2POConfig, tokens: int) -> Decoding:
    """Measure everything, force nothing."""
    how = config.thinking
    rule = ThinkingRule(
        epsilon=0.0, window=how.window, min_tokens=how.min_tokens, max_tokens=tokens + 1
    )
    return Decoding(max_tokens=tokens, signal=config.signal, thinking=rule)


def make_monitors(
    config: T2POConfig, vocab_size: int, replies: Sequence[Generation]
) -> list[TurnMonitor]:
    """Return one turn monitor per row that has seen a turn before."""
    monitors = []
    for reply in replies:
        monitor = TurnMonitor(signal=config.signal, rule=TurnRule(eta=0.0), vocab_size=vocab_size)
        monitor.accept(reply.entropy, reply.confidence)
        monitors.append(monitor)
    return monitors


def generate_with_bookkeeping(
    generator: HFGenerator,
    requests: Sequence[Request],
    monitors: Sequence[TurnMonitor],
    how: Decoding,
) -> None:
    """Do what a rollout does in one turn: ranges in, controllers along, one verdict per row."""
    ready = [
        replace(request, bounds=monitor.start_range())
        for request, monitor in zip(requests, monitors, strict=True)
    ]
    for reply, monitor in zip(generator.generate(ready, how), monitors, strict=True):
        monitor.judge(reply.entropy, reply.confidence)
        monitor.accept(reply.entropy, reply.confidence)


def library_generate(policy: Policy, prompts: Sequence[IntArray], tokens: int) -> None:
    """Sample with `model.generate`: left padding, its own cache, no stopping."""
    width = max(len(p) for p in prompts)
    ids = torch.zeros(len(prompts), width, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.from_numpy(prompt)
        mask[row, width - len(prompt) :] = 1
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        policy.model.generate(
            input_ids=ids.to(policy.device),
            attention_mask=mask.to(policy.device),
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            do_sample=True,
            top_k=0,
        )


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Return wall time and CPU time of one run."""
    began, busy = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - began, time.process_time() - busy


def overhead(one: Sequence[float], other: Sequence[float]) -> tuple[float, float, float]:
    """Return how much longer `one` takes than `other`: median and quartiles over pairs of runs.

    The two runs of a pair follow each other, so what disturbs the machine for longer than a run
    disturbs both alike.
    """
    ratios = sorted(a / b - 1.0 for a, b in zip(one, other, strict=True))
    low, middle, high = statistics.quantiles(ratios, n=4)
    return middle, low, high


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--preset", default=DEFAULT, choices=sorted(PRESETS))
    parser.add_argument("--model", default="", help="any HF causal LM instead of the preset's")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64, help="tokens per reply (default: 64)")
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--threads", type=int, default=cpu_cores())
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--vocab", type=int, help="measure choosing a token at this vocabulary")
    parser.add_argument("--device", default="cpu", help="for --vocab: cpu or cuda")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    if args.vocab is not None:
        found = large_vocabulary.measure(args.vocab, args.device, args.repeats)
        print("\n".join(large_vocabulary.report(found)))
        if args.json:
            args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        return
    config, console = PRESETS[args.preset](), Console()
    turns = expert_turns(config)
    policy = make_policy(config, args.model, turns)
    generator = EndlessGenerator(
        policy,
        queue=config.thinking.queue,
        reply_prefix=config.prompt.reply_prefix,
        max_rows=args.rows,
    )
    prompts = distinct_prompts(config, policy, turns, args.rows)
    requests = [Request(prompt_ids=p, seed=(0, i)) for i, p in enumerate(prompts)]
    plain, kept = Decoding(max_tokens=args.tokens), bookkeeping(config, args.tokens)
    monitors = make_monitors(config, policy.vocab_size, generator.generate(requests, kept))
    variants: dict[str, Callable[[], object]] = {
        "plain": lambda: generator.generate(requests, plain),
        "bookkeeping": lambda: generate_with_bookkeeping(generator, requests, monitors, kept),
        "generate": lambda: library_generate(policy, prompts, args.tokens),
    }
    times: dict[str, list[float]] = {name: [] for name in variants}
    cpu: dict[str, list[float]] = {name: [] for name in variants}
    for repeat in range(args.repeats + 1):
        # Whichever of a pair runs second finds other caches: they take turns in that, too.
        order = list(variants) if repeat % 2 else ["bookkeeping", "plain", "generate"]
        for name in order:
            run = variants[name]
            taken, busy = seconds(run)
            if repeat:  # the first round warms up
                times[name].append(taken)
                cpu[name].append(busy)
    made = args.rows * args.tokens
    wall, low, high = overhead(times["bookkeeping"], times["plain"])
    busy, busy_low, busy_high = overhead(cpu["bookkeeping"], cpu["plain"])

    table = Table(title=f"{args.rows} rows x {args.tokens} tokens, median of {args.repeats}")
    for column in ("variant", "tokens/s", "ms per token step"):
        table.add_column(column, justify="left" if column == "variant" else "right")
    for name, taken in times.items():
        middle = statistics.median(taken)
        table.add_row(name, f"{made / middle:,.0f}", f"{1000 * middle / args.tokens:.2f}")
    console.print(table)
    console.print(
        f"TTI + TDS bookkeeping, median of pairs (quartiles): {100 * wall:+.1f} % "
        f"({100 * low:+.1f} .. {100 * high:+.1f}) of plain generation time, {100 * busy:+.1f} % "
        f"({100 * busy_low:+.1f} .. {100 * busy_high:+.1f}) of its CPU time."
    )
    result = {
        "rows": args.rows,
        "tokens": args.tokens,
        "threads": args.threads,
        "device": str(policy.device),
        "parameters": policy.num_parameters,
        "vocabulary": policy.vocab_size,
        "prompt_tokens": float(np.mean([len(p) for p in prompts])),
        "tokens_per_second": {n: made / statistics.median(t) for n, t in times.items()},
        "bookkeeping_overhead": wall,
        "bookkeeping_overhead_quartiles": [low, high],
        "bookkeeping_cpu_overhead": busy,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
