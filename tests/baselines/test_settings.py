"""No setting does nothing: for each one, another value changes what it is there to change.

A setting belongs to a stage: prompts, plans of rollouts, a new policy, demonstrations, fine-tuning,
advantages, one update, one critic update, or a whole run. The stage is worked out twice, with the
usual value and with another one, and must differ. The list is complete: a new field without an
entry fails `test_every_setting_is_listed`. Direction and size of most effects are computed by hand
in test_objective.py, test_loops.py, test_critic.py and test_training_run.py.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import pickle
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from baseline_fakes import tiny_policy
from rich.console import Console
from rollouts import ALWAYS, rollout
from stand_in import StandIn, gigpo

from baselines import gigpo_train, ppo_train
from baselines.cold_start.make import demonstrate, make_policy
from baselines.config import TrainConfig
from baselines.critic import Critic
from baselines.evaluation import Player, calibrate, evaluate, make_envs, training_plan
from baselines.intervention import TurnMonitor
from baselines.presets import PRESETS, toy
from baselines.run.folder import RunFolder
from baselines.run.panels import make_player
from baselines.run.training import TrainingRun
from baselines.sampling.prompting import Prompting
from baselines.trajectory import TurnCost
from baselines.update import Learner
from t2po_gym.core.agent.history import PastTurn

QUIET = Console(file=io.StringIO())


def base() -> TrainConfig:
    """Small in every way, with every mechanism at work."""
    config = toy()
    return replace(
        config,
        policy=replace(config.policy, hidden_size=32, heads=2, vocab_size=300, copy_circuit=False),
        rollout=replace(config.rollout, tasks=2, group=3, max_reply_tokens=16, temperature=0.9),
        thinking=replace(
            config.thinking, min_tokens=3, window=1, max_tokens=5, min_action_tokens=6
        ),
        calibration=replace(config.calibration, tasks=2, group=2),
        cold_start=replace(
            config.cold_start,
            episodes=6,
            epochs=1,
            batch_rows=4,
            min_score=0.0,
            practice_steps=2,
            practice_rows=2,
            tokenizer_episodes=2,
            slips=0.2,
        ),
        loss=replace(config.loss, kl_coef=0.1, entropy_coef=0.01),
        optim=replace(config.optim, warmup_steps=0),
        eval=replace(config.eval, tasks=4, dev_tasks=2, every=2, thinking="both"),
        run=replace(config.run, steps=2, threads=1, tensorboard=False),
    )


def changed(config: TrainConfig, place: str, value: Any) -> TrainConfig:
    concern, _, setting = place.rpartition(".")
    if place == "signal.form":  # the released score wants its own confidence
        return replace(config, signal=replace(config.signal, form=value, top_j=1))
    if not concern:
        return replace(config, **{setting: value})
    return replace(config, **{concern: replace(getattr(config, concern), **{setting: value})})


def digest(*things: Any) -> str:
    return hashlib.sha256(pickle.dumps(things)).hexdigest()


def weights(model: torch.nn.Module) -> list[bytes]:
    return [p.detach().float().numpy().tobytes() for p in model.parameters()]


# ---- stages --------------------------------------------------------------------------------------


def prompts(config: TrainConfig) -> str:
    """What the policy reads after three turns, and how its reply is read."""
    prompting = Prompting.of(config.prompt, tiny_policy().tokenizer)
    past = [PastTurn(number=i + 1, observation=f"Hall {i}. " * 4, action="go") for i in range(3)]
    info = {
        "admissible_actions": ("go[hall]", "take[key]"),
        "task": "Open it.",
        "action_format": "go[room]",
    }
    encoded = prompting.encode("Open it.", past, "You are in the hall. " * 3, info)
    reply = prompting.parser(" so</think>\n<action>Go[Hall]</action> and on")
    return digest(encoded.ids.tolist(), encoded.dropped, reply)


def player_of(config: TrainConfig) -> Player:
    return make_player(tiny_policy(), config)


def plans(config: TrainConfig) -> str:
    """The plan of a training step, the thresholds of a calibration, and evaluation panels."""
    player = player_of(config)
    envs = make_envs(config, config.train_split, config.rollout.tasks, config.rollout.group)
    limits = calibrate(player)
    plan = training_plan(
        player,
        envs,
        1,
        thinking=config.thinking.rule(limits.epsilon) if config.thinking.enabled else None,
        turns=config.turns.rule(limits.eta) if config.turns.enabled else None,
    )
    queue = player.generator.tags.queue  # type: ignore[attr-defined]
    return digest(dataclasses.asdict(plan), dataclasses.astuple(limits), queue, len(envs.envs))


def signals(config: TrainConfig) -> str:
    """What the turn rule makes of two turns."""
    monitor = TurnMonitor(signal=config.signal, rule=config.turns.rule(0.2), vocab_size=300)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(3):
        h, c = rng.random(40) * 3, 3 + rng.random(40) * 9
        found.append(tuple(monitor.judge(h, c)))
        monitor.accept(h, c)
    return digest(found)


def panels(config: TrainConfig) -> str:
    """Which panels are played, and how."""
    player = player_of(config)
    told = []
    for split, tasks in (
        (config.eval.split, config.eval.tasks),
        (config.eval.dev_split, config.eval.dev_tasks),
    ):
        result, episodes = evaluate(player, config.eval, split=split, tasks=tasks, rule=None)
        ids = [turn.generation.token_ids.tolist() for e in episodes for turn in e.turns]
        told.append((result.to_json(), [e.task_id for e in episodes], ids))
    return digest(told)


def new_policies(config: TrainConfig) -> str:
    """The policy that a run begins with, made from scratch."""
    policy = make_policy(replace(config, cold_start=replace(config.cold_start, when="skip")), QUIET)
    shape = policy.model.config
    dtype = str(next(policy.model.parameters()).dtype)
    words = policy.tokenizer.backend_tokenizer.to_str(), shape.num_attention_heads
    return digest(weights(policy.model), shape.max_position_embeddings, dtype, words)


def cold_starts(config: TrainConfig) -> str:
    """The fine-tuned policy."""
    return digest(weights(make_policy(config, QUIET).model))


def demonstrations(config: TrainConfig) -> str:
    """What the expert shows."""
    episodes = demonstrate(config, Prompting.of(config.prompt, None))
    return digest([[(t.think, t.action, t.observation) for t in episode] for episode in episodes])


@cache
def groups() -> Any:
    return rollout(tiny_policy(), ALWAYS)


def advantages_of(trainer: Any, config: TrainConfig) -> str:
    """What a trainer's loop hands to the learner."""
    made = list(groups())
    first = made[0].trajectories[0]
    turns = tuple(
        replace(
            t,
            valid=i == 1,
            progress=0.4 * (i + 1),
            gamma=0.1,
            void=i == 1,
            cost=TurnCost(rejected=i),
            anchor=f"a long text of a state {i}",
            generation=replace(t.generation, think_tokens=5),
        )
        for i, t in enumerate(first.turns)
    )
    made[0] = replace(
        made[0], trajectories=(replace(first, turns=turns), *made[0].trajectories[1:])
    )
    loser = made[1].trajectories[1]
    made[1] = replace(
        made[1], trajectories=(made[1].trajectories[0], replace(loser, turns=loser.turns[:1]))
    )
    one = made[2].trajectories[0]
    made[2] = replace(
        made[2], trajectories=(replace(one, turns=one.turns[:1]), *made[2].trajectories[1:])
    )
    run = StandIn(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "TrainingRun", lambda *arguments: run)
        trainer.train(config, None, QUIET, False)
    return digest(run.advantages.round(9).tolist())


def advantages(config: TrainConfig) -> str:
    return advantages_of(gigpo_train, config)


def advantages_ppo(config: TrainConfig) -> str:
    return advantages_of(ppo_train, config)


def updates(config: TrainConfig) -> str:
    """The weights after two steps from stale samples, and the rate of the second."""
    policy = tiny_policy()
    learner = Learner(policy, config, tiny_policy(3))
    shift = np.random.default_rng(0)
    turns, values = gigpo(groups(), config)
    turns = [
        replace(
            row,
            turn=replace(
                row.turn,
                void=i == 2,
                generation=replace(
                    row.turn.generation,
                    log_probs=row.turn.generation.log_probs + shift.normal(0, 0.8),
                ),
            ),
        )
        for i, row in enumerate(turns)
    ]
    for step in range(2):
        learned = learner.update(turns, 5 * values, step)
    return digest(weights(policy.model), learned["lr"])


def critics(config: TrainConfig) -> str:
    """The values after two updates of the critic."""
    critic = Critic(tiny_policy(), config)
    rng = random.Random(0)
    ids = [np.array([rng.randrange(10, 280) for _ in range(6)]) for _ in range(6)]
    for step in range(2):
        critic.update(ids, [0, 0, 1, 1, 2, 2], np.zeros(6), np.arange(6.0) - 2, step=step)
    return digest(critic.values(ids).tolist())


def whole_runs(config: TrainConfig, folder: Path) -> str:
    """What a run leaves in its folder."""
    config = replace(config, model=str(started(folder)), loss=toy().loss)
    place = RunFolder(folder / "run")
    gigpo_train.train(config, place, QUIET, False)
    rows = [
        (row["step"], row["generated_tokens"], row["lr"]) for row in place.read("metrics.jsonl")
    ]
    tests = [
        (r["step"], r["weights_of"], r["split"], r["thinking"], r["tasks"])
        for r in place.read("evaluations.jsonl")
    ]
    kept = sorted(path.name for path in place.checkpoints.iterdir())
    shown = sorted(path.name for path in (*place.traces.iterdir(), *place.details.iterdir()))
    events = bool(list(place.path.glob("events.out*")))
    lengths = [len(path.read_text()) for path in sorted(place.traces.glob("*.txt"))]
    return digest(rows, tests, kept, shown, events, lengths, torch.get_num_threads())


def started(folder: Path) -> Path:
    """A checkpoint to begin with."""
    place = RunFolder(folder.parent / "begun")
    if not (place.checkpoints / "step-000000").is_dir():
        config = base()
        config = replace(
            config, loss=toy().loss, cold_start=replace(config.cold_start, when="skip")
        )
        TrainingRun(config, place, QUIET, False)
    return place.checkpoints / "step-000000"


# ---- settings ------------------------------------------------------------------------------------

CHANGES: dict[Callable[..., str], dict[str, Any]] = {
    prompts: {
        "prompt.template": "plain",
        "prompt.history": 1,
        "prompt.max_tokens": 60,
        "prompt.reply_prefix": "",
        "prompt.system": "Be brief.",
        "prompt.chat_template": "plain",
        "prompt.list_actions": False,
        "prompt.parser": "webshop",
    },
    plans: {
        "env_kwargs": {"max_turns": 2},
        "train_split": "dev",
        "rollout.tasks": 3,
        "rollout.group": 2,
        "rollout.max_reply_tokens": 18,
        "rollout.temperature": 0.5,
        "thinking.enabled": False,
        "thinking.epsilon": 0.5,
        "thinking.epsilon_quantile": 0.9,
        "thinking.window": 2,
        "thinking.min_tokens": 2,
        "thinking.max_tokens": 4,
        "thinking.min_action_tokens": 5,
        "thinking.queue": "</think><action>",
        "thinking.cut": "peak",
        "turns.enabled": False,
        "turns.eta": 0.5,
        "turns.eta_quantile": 0.9,
        "turns.max_resamples": 1,
        "turns.variant": "released",
        "calibration.tasks": 3,
        "calibration.group": 1,
        "run.seed": 1,
    },
    signals: {
        "signal.form": "released",
        "signal.alpha": 0.9,
        "signal.normaliser": "fixed",
        "signal.floor": 0.2,
    },
    panels: {
        "env": "t2po/SearchQA-Easy-v0",
        "eval.split": "train",
        "eval.tasks": 3,
        "eval.dev_split": "train",
        "eval.dev_tasks": 1,
        "eval.greedy": False,
    },
    new_policies: {
        "policy.vocab_size": 290,
        "policy.split_digits": False,
        "policy.hidden_size": 64,
        "policy.layers": 1,
        "policy.heads": 4,
        "policy.kv_heads": 1,
        "policy.intermediate_size": 48,
        "policy.max_positions": 512,
        "policy.dtype": "bfloat16",
        "cold_start.tokenizer_episodes": 6,
    },
    cold_starts: {
        "cold_start.when": "skip",
        "cold_start.epochs": 2,
        "cold_start.batch_rows": 2,
        "cold_start.lr": 1e-3,
        "cold_start.weight_decay": 0.5,
        "cold_start.practice_steps": 0,
        "cold_start.practice_rows": 1,
    },
    demonstrations: {
        "cold_start.expert": "baseline_fakes:Idle",
        "cold_start.episodes": 5,
        "cold_start.min_score": 1.1,
        "cold_start.slips": 0.0,
    },
    advantages: {
        "advantage.gamma": 0.5,
        "advantage.step_weight": 0.5,
        "advantage.norm": "mean_std_norm",
        "advantage.unit": "turn",
        "advantage.similarity": 0.9,
        "advantage.baseline": "leave_one_out",
        "advantage.invalid_penalty": 0.3,
        "advantage.overlong_buffer": 12,
        "advantage.length_penalty": 0.01,
        "advantage.reward_on_success": 10.0,
        "advantage.progress_weight": 1.0,
    },
    advantages_ppo: {"advantage.gae_lambda": 0.2},
    updates: {
        "loss.kind": "cispo",
        "loss.clip_low": 0.6,
        "loss.clip_high": 0.9,
        "loss.dual_clip": 1.05,
        "loss.aggregation": "seq-mean-token-sum",
        "loss.kl_coef": 0.3,
        "loss.kl_estimator": "k1",
        "loss.entropy_coef": 0.1,
        "loss.train_on_forced": True,
        "loss.tis": "token",
        "optim.lr": 1e-3,
        "optim.weight_decay": 0.5,
        "optim.betas": (0.5, 0.6),
        "optim.warmup_steps": 5,
        "optim.schedule": "linear",
        "optim.grad_clip": 1e-4,
        "optim.epochs": 2,
        "optim.minibatches": 3,
        "turns.filter_void": True,
    },
    critics: {
        "critic.lr": 1e-2,
        "critic.clip": 0.01,
        "critic.epochs": 1,
        "critic.minibatches": 1,
        "critic.grad_clip": 1e-4,
    },
    whole_runs: {
        "rollout.dynamic_sampling": 2,
        "eval.before": False,
        "eval.every": 1,
        "eval.thinking": "off",
        "run.steps": 3,
        "run.token_budget": 100,
        "run.stop_after": 1,
        "run.checkpoint_every": 2,
        "run.keep_checkpoints": 1,
        "run.trace_episodes": 1,
        "run.trace_details": False,
        "run.tensorboard": True,
        "run.threads": 2,
    },
}

ELSEWHERE = {
    "algorithm": "test_command.py: each trainer has its own",
    "model": "test_model.py: what is loaded",
    "prompt.chat_template_kwargs": "test_chat.py: an argument that the template reads",
    "policy.copy_circuit": "test_copy_circuit.py",
    "policy.device": "test_model.py",
    "rollout.compile": "changes speed alone: test_stepping.py",
    "rollout.reuse_prompts": "changes memory and speed alone: test_stepping.py",
    "policy.logit_chunk": "changes memory and speed alone: test_head.py",
    "policy.gradient_checkpointing": "changes memory and speed alone: test_recompute.py",
    "policy.lora.rank": "test_lora.py: what is trained and saved",
    "policy.lora.alpha": "test_lora.py: named targets and alpha, by hand",
    "policy.lora.dropout": "test_lora.py: the pass that learns",
    "policy.lora.targets": "test_lora.py: named targets",
    "signal.top_j": "test_uncertainty.py: confidence of the j most likely tokens",
    "signal.confidence_max": "test_uncertainty.py: the fixed range",
    "cold_start.expert_kwargs": "test_settings.py: below",
    "eval.temperature": "test_training_run.py: evaluation decodes as the settings say",
    "eval.top_p": "test_training_run.py: evaluation decodes as the settings say",
    "eval.select": "test_training_run.py: the best checkpoint",
    "advantage.overlong_penalty": "test_loops.py: overlong shaping by hand",
    "loss.tis_cap": "test_objective.py: the cap by hand",
    "loss.tds_weighting": "test_loops.py: only T2PO has turns to weigh",
    "optim.final_lr_fraction": "test_update.py: schedules by hand",
    "rollout.max_rows": "changes memory and speed alone: test_generation.py",
    "eval.max_rows": "changes memory and speed alone",
    "optim.micro_batch_tokens": "changes memory and speed alone: test_objective.py",
    "generator": "test_engine_runs.py: which one a player gets",
    "vllm.gpu_memory": "test_engine_runs.py: arguments of the engine",
    "vllm.kv_cache_gib": "test_engine_runs.py: arguments of the engine",
    "vllm.tensor_parallel": "test_engine_runs.py: arguments of the engine",
    "vllm.max_num_seqs": "test_engine_runs.py: arguments of the engine",
    "vllm.enforce_eager": "test_engine_runs.py: arguments of the engine",
    "vllm.sleep": "test_engine_runs.py: whether the engine may sleep",
    "run.name": "test_train.py: the folder",
    "run.root": "test_train.py: the folder",
    "run.overwrite": "test_settings.py: below",
}


@cache
def usual(stage: Callable[..., str]) -> str:
    return stage(base())


PAIRS = [(stage, place) for stage, changes in CHANGES.items() for place in changes]


@pytest.mark.parametrize(
    ("stage", "place"), PAIRS, ids=[f"{stage.__name__}-{place}" for stage, place in PAIRS]
)
def test_the_setting_does_something(
    stage: Callable[..., str], place: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = changed(base(), place, CHANGES[stage][place])
    assert config != base(), "another value than the usual one"
    if stage is not whole_runs:
        assert stage(config) != usual(stage)
        return
    folder = tmp_path_factory.mktemp("settings")
    assert whole_runs(config, folder / "a") != whole_runs(base(), folder / "b")


@pytest.mark.parametrize("stage", [s for s in CHANGES if s is not whole_runs])
def test_a_stage_is_the_same_every_time(stage: Callable[..., str]) -> None:
    assert stage(base()) == usual(stage)


def test_expert_kwargs_reach_the_expert() -> None:
    config = PRESETS["alfworld"]()
    shown = [
        demonstrations(
            replace(
                config,
                cold_start=replace(config.cold_start, episodes=2, expert_kwargs={"tour": tour}),
            )
        )
        for tour in (0.0, 1.0)
    ]
    assert shown[0] != shown[1]


def test_overwrite_starts_over(tmp_path: Path) -> None:
    place = ["--run.root", str(tmp_path), "--run.name", "mine"]
    few = ["--run.steps", "0", "--eval.tasks", "1", "--cold-start.when", "skip"]
    tiny = ["--preset", "toy", "--policy.hidden-size", "32", "--cold-start.episodes", "4"]
    assert gigpo_train.main([*tiny, *few, *place]) == 0
    (tmp_path / "mine" / "traces" / "train-000009.txt").touch()
    assert gigpo_train.main([*tiny, *few, *place]) == 2
    assert gigpo_train.main([*tiny, *few, *place, "--run.overwrite", "True"]) == 0
    assert not (tmp_path / "mine" / "traces" / "train-000009.txt").exists()


def test_every_setting_is_listed() -> None:
    known = {place for changes in CHANGES.values() for place in changes} | set(ELSEWHERE)
    config, places = base(), set()
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        places |= set(settings_in(value, field.name))
    assert places == known


def settings_in(value: Any, place: str) -> Iterator[str]:
    """The names of the settings at a place of the configuration."""
    if not dataclasses.is_dataclass(value):
        yield place
        return
    for field in dataclasses.fields(value):
        yield from settings_in(getattr(value, field.name), f"{place}.{field.name}")


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_setting_that_is_tested_elsewhere_is_named_there(place: str) -> None:
    told = ELSEWHERE[place]
    file = told.partition(":")[0]
    if file.endswith(".py"):
        found = list(Path(__file__).parent.rglob(file))
        assert found
        assert place.rpartition(".")[2] in found[0].read_text(encoding="utf-8")
