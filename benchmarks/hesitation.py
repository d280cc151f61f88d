"""Do the signals of T2PO know when a thought has nothing left to say, and when a turn led nowhere?

    python benchmarks/hesitation.py [--turns 5000] [--only webshop]

The policies of the presets `*-deliberate` play training tasks without any intervention. Where the
last informative step of a thought ends is known from its words, and whether a turn advanced from
the environment. At every thinking token the signals (M, H, C, their window means of change, the
length so far) are asked whether the thought is past that point; at every turn Gamma, Phi, the
length of the thought and its mean entropy are asked whether the turn led nowhere. Answers: area
under the ROC curve, and precision and recall of the rules beside rivals that fire as often. Means
of the signals by the kind of sentence say why.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import torch
from measuring import by_environment

from baselines.cold_start.deliberation import AGAIN, is_hesitation, last_information, sentences
from baselines.config import TrainConfig
from baselines.evaluation import Player, make_envs, num_tasks
from baselines.intervention import TurnRule
from baselines.policy.loading import load_policy
from baselines.presets import PRESETS
from baselines.rollout import Plan, collect, derive_seed, draw_tasks
from baselines.run.panels import make_player
from baselines.sampling.protocol import Decoding
from baselines.trajectory import Trajectory, Turn
from baselines.uncertainty import SignalRange, causal_series

matplotlib.use("Agg")

from matplotlib import pyplot as plt

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "hesitation.json"
FIGURE = ROOT / "docs" / "img" / "hesitation.png"
ENVIRONMENTS = ("webshop", "alfworld", "searchqa")
EPISODES = 64  # at once
STREAM = 3_000_001
TTI = "window mean of |dM| (TTI)"
KINDS = ("quoting the task", "deciding", "repeating", "wavering or taking back")
QUOTES = ("The task", "The question")


class ThoughtTokens(NamedTuple):
    """One thought, token by token; all arrays [T]."""

    signals: dict[str, np.ndarray]
    """Each signal, high where it says that nothing more will come."""
    past: np.ndarray
    """True from the first token on that begins behind the last informative step."""
    kinds: np.ndarray
    """Place in `KINDS` of the sentence that each token begins in."""


class TurnSignals(NamedTuple):
    """One turn after the first."""

    signals: dict[str, float]
    """Each signal, high where it says that the turn leads nowhere."""
    stuck: bool
    """Whether it made no progress."""
    repeated: bool
    """Whether it led to a state that was seen before; the last turn of an episode leads to none."""


def auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return the area under the ROC curve: the chance that a positive scores higher (ties: half).

    nan where all labels are equal.
    """
    positive = int(labels.sum())
    negative = len(labels) - positive
    if not positive or not negative:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))


def kinds_of(thought: str, starts: np.ndarray) -> np.ndarray:
    """Return the place in `KINDS` of the sentence that each token begins in.

    Args:
        thought: its text.
        starts: first character of every token [T].
    """
    ends, kinds, at = [], [], 0
    for sentence in sentences(thought):
        at = thought.index(sentence, at) + len(sentence)
        ends.append(at)
        if sentence.startswith(AGAIN):
            kinds.append(2)
        elif is_hesitation(sentence):
            kinds.append(3)
        else:
            kinds.append(0 if sentence.startswith(QUOTES) else 1)
    places = np.searchsorted(np.array(ends), starts, side="right")
    return np.array(kinds)[np.minimum(places, len(kinds) - 1)]


def by_kind(thoughts: Sequence[ThoughtTokens]) -> dict[str, dict[str, float]]:
    """Return for each kind of sentence its share of the tokens and the means of the signals."""
    kinds = np.concatenate([t.kinds for t in thoughts])
    # Signals are stored so that high means settled; the means are of what they measure.
    measured = {
        "window mean of |dM|": -np.concatenate([t.signals[TTI] for t in thoughts]),
        "M": -np.concatenate([t.signals["M"] for t in thoughts]),
        "H": -np.concatenate([t.signals["H"] for t in thoughts]),
        "C": np.concatenate([t.signals["C"] for t in thoughts]),
    }
    found = {}
    for place, kind in enumerate(KINDS):
        here = kinds == place
        if here.any():
            means = {n: float(v[here & np.isfinite(v)].mean()) for n, v in measured.items()}
            found[kind] = {"share of tokens": float(here.mean()), **means}
    return found


def play(config: TrainConfig, player: Player, turns: int) -> list[Trajectory]:
    """Play training tasks without any intervention until there are so many turns."""
    envs = make_envs(config, config.train_split, EPISODES, 1)
    total, played = num_tasks(envs), list[Trajectory]()
    part = 0
    while sum(len(episode.turns) for episode in played) < turns:
        plan = Plan(
            tasks=draw_tasks(total, EPISODES, STREAM, part),
            env_seeds=tuple(derive_seed(STREAM, part, i) for i in range(EPISODES)),
            stream=(STREAM, part),
            decoding=Decoding(
                max_tokens=config.rollout.max_reply_tokens,
                temperature=config.rollout.temperature,
                signal=config.signal,
            ),
            turn_rule=TurnRule(eta=0.0),
            vocab_size=player.vocab_size,
        )
        groups = collect(envs, player.generator, player.prompting, plan)
        played += [group.trajectories[0] for group in groups]
        part += 1
    return played


def thought_tokens(
    turn: Turn,
    pieces: Callable[[int], int],
    bounds: SignalRange,
    window: int,
    alpha: float,
    close_id: int,
) -> ThoughtTokens | None:
    """Return the signals of a closed thought of at least window + 2 tokens; else None.

    Args:
        turn: the turn.
        pieces: characters of a token.
        bounds: range of the tokens accepted earlier in the trajectory.
        window: N of the rule.
        alpha: weight of the entropy in M.
        close_id: id of the closing tag.
    """
    reply = turn.generation
    ends = np.flatnonzero(reply.token_ids == close_id)
    size = int(ends[0]) if len(ends) else 0
    if size < window + 2:
        return None
    starts = np.concatenate([[0], np.cumsum([pieces(int(i)) for i in reply.token_ids[:size]])])[:-1]
    text = reply.text.partition("</think>")[0].rpartition("<think>")[2]
    past = starts >= last_information(text)
    h, c = reply.entropy[:size], reply.confidence[:size]
    series = causal_series(h, c, alpha, bounds)
    kernel = np.full(window + 1, 1 / (window + 1))

    def settled(changes: np.ndarray) -> np.ndarray:
        means = np.convolve(changes, kernel)[:size]
        means[: window + 1] = np.inf  # no window is complete before
        return -means

    def steps(values: np.ndarray) -> np.ndarray:
        return np.abs(np.diff(values, prepend=values[:1]))

    return ThoughtTokens(
        {
            TTI: settled(series.change),
            "window mean of |dH|": settled(steps(h)),
            "window mean of |dC|": settled(steps(c)),
            "M": -series.measure,
            "H": -h,
            "C": c,
            "length so far": np.arange(size, dtype=np.float64),
        },
        past,
        kinds_of(text, starts),
    )


def turn_signals(episode: Trajectory) -> list[TurnSignals]:
    """Return the signals of every turn but the first and what became of it."""
    found = []
    seen, before = set[str](), 0.0
    for number, turn in enumerate(episode.turns):
        seen.add(turn.anchor)
        following = episode.turns[number + 1 :]
        if number and turn.gamma == turn.gamma:
            found.append(
                TurnSignals(
                    {
                        "Gamma (TDS)": -turn.gamma,
                        "Phi": turn.phi,
                        "length of the thought": float(turn.generation.think_tokens),
                        "mean entropy": float(turn.generation.entropy.mean()),
                    },
                    stuck=turn.progress <= before,
                    repeated=bool(following) and following[0].anchor in seen,
                )
            )
        before = turn.progress
    return found


def closing_rule(
    thoughts: Sequence[ThoughtTokens], signal: str, threshold: float, least: int
) -> dict[str, float]:
    """Return how good it is to close each thought where a signal first passes a threshold."""
    closed = right = saved = wasted = possible = 0
    for thought in thoughts:
        useless = int(thought.past.sum())
        possible += useless > 0
        wasted += useless
        places = np.flatnonzero(thought.signals[signal] > threshold)
        places = places[places >= least]
        if len(places):
            closed += 1
            right += bool(thought.past[places[0]])
            saved += int(thought.past[places[0] :].sum())
    return {
        "fires_on": closed / len(thoughts),
        "precision": right / max(closed, 1),
        "recall": right / max(possible, 1),
        "useless_tokens_saved": saved / max(wasted, 1),
    }


def threshold_of(thoughts: Sequence[ThoughtTokens], signal: str, share: float, least: int) -> float:
    """Return the threshold at which a signal closes about this share of the thoughts."""
    best = [t.signals[signal][least:].max() for t in thoughts if len(t.past) > least]
    tops = np.sort(np.array([*best, *[-np.inf] * (len(thoughts) - len(best))]))
    return float(tops[max(0, len(tops) - 1 - round(share * len(tops)))])


def random_rule(thoughts: Sequence[ThoughtTokens], share: float, least: int) -> dict[str, float]:
    """Return how good it is to close so many thoughts at a random token."""
    rng = np.random.default_rng(0)
    marks = [
        t._replace(
            signals={
                "random": np.where(
                    np.arange(len(t.past)) == rng.integers(least, max(least + 1, len(t.past))),
                    float(rng.random() < share),
                    0.0,
                )
            }
        )
        for t in thoughts
    ]
    return closing_rule(marks, "random", 0.5, least)


def measure(env: str, turns: int) -> dict[str, Any]:
    """Play an environment's preset and score all signals."""
    config = PRESETS[f"{env}-deliberate"]()
    policy = load_policy(config.model, config.policy)
    player = make_player(policy, config)
    began = time.process_time()
    episodes = play(config, player, turns)
    rule, alpha = config.thinking, config.signal.alpha
    close_id = policy.tokenizer.convert_tokens_to_ids("</think>")
    lengths: dict[int, int] = {}

    def pieces(token: int) -> int:
        if token not in lengths:
            lengths[token] = len(policy.tokenizer.decode([token]))
        return lengths[token]

    thoughts: list[ThoughtTokens] = []
    acted: list[TurnSignals] = []
    for episode in episodes:
        bounds = config.signal.new_range(policy.vocab_size)
        for turn in episode.turns:
            one = thought_tokens(turn, pieces, bounds, rule.window, alpha, close_id)
            thoughts += [] if one is None else [one]
            bounds.update_all(turn.generation.entropy, turn.generation.confidence)
        acted += turn_signals(episode)
    played = [turn for episode in episodes for turn in episode.turns]
    late = [
        t._replace(
            signals={k: v[rule.min_tokens :] for k, v in t.signals.items()},
            past=t.past[rule.min_tokens :],
            kinds=t.kinds[rule.min_tokens :],
        )
        for t in thoughts
    ]
    past = np.concatenate([t.past for t in late])
    share = rule.epsilon_quantile
    names = list(thoughts[0].signals)
    closing = {
        name: closing_rule(
            thoughts, name, threshold_of(thoughts, name, share, rule.min_tokens), rule.min_tokens
        )
        for name in names
    }
    closing["random token"] = random_rule(thoughts, share, rule.min_tokens)
    result: dict[str, Any] = {
        "turns": len(played),
        "episodes": len(episodes),
        "success": float(np.mean([e.success for e in episodes])),
        "think_tokens": float(np.mean([t.generation.think_tokens for t in played])),
        "thoughts": len(thoughts),
        "share_of_tokens_past_the_last_information": float(
            np.concatenate([t.past for t in thoughts]).mean()
        ),
        "token_auc": {n: auc(np.concatenate([t.signals[n] for t in late]), past) for n in names},
        "by_kind": by_kind(late),
        "closing": closing,
        "turn_auc": {},
        "resampling": {},
        "cpu_minutes": round((time.process_time() - began) / 60, 1),
    }
    for truth in ("stuck", "repeated"):
        labels = np.array([getattr(t, truth) for t in acted])
        result[f"{truth}_turns"] = float(labels.mean())
        result["turn_auc"][truth] = {
            name: auc(np.array([t.signals[name] for t in acted]), labels)
            for name in acted[0].signals
        }
        result["resampling"][truth] = {}
        for name in acted[0].signals:
            scores = np.array([t.signals[name] for t in acted])
            fires = scores > np.quantile(scores, 1 - config.turns.eta_quantile)
            result["resampling"][truth][name] = {
                "fires_on": float(fires.mean()),
                "precision": float(labels[fires].mean()) if fires.any() else 0.0,
                "recall": float(fires[labels].mean()) if labels.any() else 0.0,
            }
        result["resampling"][truth]["random turn"] = {
            "fires_on": config.turns.eta_quantile,
            "precision": float(labels.mean()),
            "recall": config.turns.eta_quantile,
        }
    return result


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw the areas under the curve, a panel for tokens and one for turns."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), dpi=110)
    for axis, key, title in (
        (axes[0], "token_auc", "Is the thought past its last information?"),
        (axes[1], "turn_auc", "Does the turn make no progress?"),
    ):
        rows = {
            env: found[key] if key == "token_auc" else found[key]["stuck"]
            for env, found in results.items()
        }
        names = list(next(iter(rows.values())))
        height = 0.8 / len(rows)
        for number, (env, values) in enumerate(rows.items()):
            places = np.arange(len(names)) + (number - (len(rows) - 1) / 2) * height
            axis.barh(places, [values[n] for n in names], height, label=env)
        axis.axvline(0.5, color="#111827", linewidth=1)
        axis.set_yticks(range(len(names)), names, fontsize=8)
        axis.invert_yaxis()
        axis.set_xlim(0, 1)
        axis.set_xlabel("area under the ROC curve (0.5: no better than chance)", fontsize=8)
        axis.set_title(title, fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(fontsize=7, frameon=False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Measure, draw, and write the JSON file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--turns", dest="count", type=int, default=5_000, help="turns per environment"
    )
    torch.set_num_threads(1)
    draw(by_environment(parser, RESULTS, ENVIRONMENTS, measure), FIGURE)


if __name__ == "__main__":
    main()
