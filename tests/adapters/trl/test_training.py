"""The real TRL (1.16): its tool loop plays our episodes, and its trainer learns from our turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from adapter_episodes import expected_episodes
from adapter_servers import examples
from tool_calls import TOOLS, call_of

# TRL's own calls of deprecated things are its affair.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")


def settings(folder: Path, **changes: Any) -> Any:
    from trl import GRPOConfig

    common: dict[str, Any] = {
        "output_dir": str(folder),
        "use_cpu": True,
        "bf16": False,
        "activation_checkpointing": False,
        "report_to": [],
        "save_strategy": "no",
        "logging_steps": 1,
        "disable_tqdm": True,
        "beta": 0.0,
        "loss_type": "dapo",
        "max_grad_norm": 0.0,
        "lr_scheduler_type": "constant",
    }
    return GRPOConfig(**(common | changes))


# ---- environment_factory: TRL's own loop -------------------------------------------------------


@pytest.mark.parametrize("env_id", TOOLS)
def test_tools_become_schemas(env_id: str) -> None:
    from transformers.utils import get_json_schema

    box = TOOLS[env_id]()
    for name in ("search", "go_to"):
        if hasattr(box, name):
            function = get_json_schema(getattr(box, name))["function"]
            assert function["name"] == name
            assert all(p["description"] for p in function["parameters"]["properties"].values())


@pytest.mark.parametrize("env_id", TOOLS)
def test_trl_plays_the_experts_episodes_and_learns(env_id: str, tmp_path: Path) -> None:
    """Two steps: in each group one member follows the expert, the other one says it is done."""
    from datasets import Dataset
    from trl import GRPOTrainer
    from trl_models import END, call_text, scripted_model, tool_tokenizer

    episodes = expected_episodes(env_id, "scripted", 2, split="test")
    tokenizer = tool_tokenizer([page for e in episodes for page in e.observations])
    made: list[Any] = []
    played: list[tuple[str, str, float]] = []

    class Recorded(TOOLS[env_id]):  # type: ignore[misc]
        def get_reward(self) -> float:
            outcome = super().get_reward()
            played.append((self.info["task_id"], self.info["observation_hash"], outcome))
            return outcome

    def factory() -> Any:
        made.append(Recorded(split="test"))
        return made[-1]

    def script(row: int, conversation: str) -> str:
        answers = conversation.count("<tool_response>")
        episode = next(e for e in episodes if e.observations[0] in conversation)
        if (not answers and row % 2) or answers == len(episode.actions):
            return "Done." + END
        call = call_of(env_id, episode.actions[answers])
        assert call is not None
        return call_text(*call)

    model = scripted_model(tokenizer, script)
    before = model.model.embed_tokens.weight.detach().clone()
    rows = [
        {
            "prompt": [{"role": "user", "content": Recorded.GOAL}],
            "task_id": episode.task_id,
            "env_seed": episode.seed,
        }
        for episode in episodes
    ]
    trainer = GRPOTrainer(
        model=model,
        args=settings(
            tmp_path,
            max_steps=2,
            per_device_train_batch_size=2,
            num_generations=2,
            max_completion_length=60_000,
            learning_rate=1e-2,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        environment_factory=factory,
    )
    trainer.train()
    assert len(made) == 2, "environments are made once for each member of a batch"
    expected = {e.task_id: e for e in episodes}
    followed = [p for p in played if p[1] == expected[p[0]].hashes[-1]]
    stopped = [p for p in played if p[1] == expected[p[0]].hashes[0]]
    assert (len(played), len(followed), len(stopped)) == (4, 2, 2)
    assert all(score == expected[task].score for task, _, score in followed)
    assert not model.model.embed_tokens.weight.equal(before)


# ---- rollout_func and turns as rows ------------------------------------------------------------


def play_config(algorithm: str, **changes: Any) -> Any:
    from baselines.presets import PRESETS

    config = PRESETS["webshop"]()
    return replace(
        config,
        algorithm=algorithm,
        env_kwargs={**config.env_kwargs, "catalogue": "compact:400", "max_turns": 4},
        rollout=replace(config.rollout, max_reply_tokens=32),
        thinking=replace(config.thinking, epsilon=0.2, max_tokens=8, min_action_tokens=12),
        turns=replace(config.turns, eta=0.02),
        **changes,
    )


def trainer_of(config: Any, folder: Path, tasks: int = 2, **changes: Any) -> Any:
    from datasets import Dataset

    from baselines.adapters.trl.rollout import task_prompts
    from baselines.adapters.trl.trainer import TurnGRPOTrainer
    from baselines.policy.loading import load_policy

    policy = load_policy(config.model, replace(config.policy, device="cpu"))
    how: dict[str, Any] = {
        "max_steps": 2,
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 2,
        "num_generations": 4,
        "temperature": config.rollout.temperature,
        "learning_rate": 1e-3,
        "optim": "sgd",
    }
    return TurnGRPOTrainer(
        config,
        model=policy.model,
        processing_class=policy.tokenizer,
        args=settings(folder, **(how | changes)),
        train_dataset=Dataset.from_list(task_prompts(config, tasks)),
    )


@pytest.fixture(scope="module")
def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("_one_thread")
@pytest.mark.parametrize("algorithm", ["gigpo", "t2po", "grpo"])
def test_one_step_moves_the_weights_as_our_own_objective_does(
    algorithm: str, tmp_path: Path
) -> None:
    """TRL's step with plain SGD is minus the gradient of our loss over turns."""
    import torch

    from baselines.adapters.advantages import turn_advantages
    from baselines.collate import collate, turn_rows
    from baselines.losses import Denominators, aggregate
    from baselines.policy.loading import load_policy
    from baselines.update import policy_loss, training_rows

    config = play_config(algorithm)
    config = replace(config, loss=replace(config.loss, kl_coef=0.0, dual_clip=None))
    # A rate of 1: the difference of the weights is the gradient, up to the rounding of weights.
    trainer = trainer_of(config, tmp_path, max_steps=1, learning_rate=1.0)
    groups: list[Any] = []
    play = trainer.rollout._play
    trainer.rollout._play = lambda *how: groups.extend(play(*how)) or groups
    trainer.train()

    policy = load_policy(config.model, replace(config.policy, device="cpu"))
    turns = turn_rows(groups)
    advantages = turn_advantages(turns, config)
    assert len({t.trajectory for t in turns}) == 8
    assert len({t.group for t in turns}) == 2
    rows = training_rows(turns, advantages, config)
    batch = collate(rows, torch.device("cpu"))
    new = policy.log_probs(batch.batch, config.rollout.temperature)
    old = torch.where(batch.old_log_probs.isnan(), new.detach(), batch.old_log_probs)
    gap = torch.where(batch.loss_mask, new.detach() - old, 0.0).abs().max()
    assert gap < 1e-4, "sampler and learner read the same tokens after the same prompts"
    loss = policy_loss(new, old, batch.advantages, batch.loss_mask, config.loss)
    tokens = float(batch.loss_mask.sum())
    counts = Denominators(tokens=tokens, rows=float(len(rows)), length=32.0)
    value = aggregate(loss.values, batch.loss_mask, "token-mean", denominators=counts)
    value.backward()
    moved = 0.0
    for own, theirs in zip(policy.model.parameters(), trainer.model.parameters(), strict=True):
        assert own.grad is not None
        step = theirs.detach() - own.detach()
        torch.testing.assert_close(step, -own.grad, rtol=1e-3, atol=2e-6)
        moved = max(moved, float(step.abs().max()))
    assert moved > 1e-3
    forced = sum(int((~row.turn.generation.sampled).sum()) for row in turns)
    rejected = sum(row.turn.cost.rejected for row in turns)
    assert (forced > 0, rejected > 0) == (algorithm == "t2po", algorithm == "t2po")


@pytest.mark.usefixtures("_one_thread")
def test_two_steps_report_the_benchmarks_score(tmp_path: Path) -> None:
    import torch

    seen: list[dict[str, Any]] = []
    trainer = trainer_of(play_config("t2po"), tmp_path, learning_rate=1e-2)
    rollout, called = trainer.rollout, type(trainer.rollout).__call__
    trainer.rollout_func = lambda prompts, t: seen.append(called(rollout, prompts, t)) or seen[-1]
    before = trainer.model.model.embed_tokens.weight.detach().clone()
    trainer.train()
    assert len(seen) == 2
    rewards = [entry["reward"] for entry in trainer.state.log_history if "reward" in entry]
    assert rewards == pytest.approx([sum(b["score"]) / len(b["score"]) for b in seen])
    for batch in seen:
        assert len(batch["anchors"]) == 8
        for start in (0, 4):  # members of a group begin in the same state
            assert len({anchors[0] for anchors in batch["anchors"][start : start + 4]}) == 1
    assert not torch.equal(before, trainer.model.model.embed_tokens.weight)


def test_a_rollout_is_the_same_twice(tmp_path: Path) -> None:
    batches = []
    for number in range(2):
        trainer = trainer_of(play_config("gigpo"), tmp_path / str(number))
        names = [row["prompt"] for row in trainer.train_dataset for _ in range(4)]
        batches.append(trainer.rollout(names, trainer))
    assert batches[0] == batches[1]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"loss_type": "grpo"}, "loss_type must be dapo or cispo"),
        ({"beta": 0.1}, "beta must be 0"),
        ({"temperature": 1.0}, "temperature must be that of the rollout, 0.7"),
        ({"num_iterations": 2, "gradient_accumulation_steps": 1}, "must be a multiple of"),
        ({"mask_truncated_completions": True}, "mask_truncated_completions must be False"),
        ({"importance_sampling_level": "sequence"}, "importance_sampling_level must be token"),
    ],
)
def test_settings_that_would_learn_from_transcripts_are_refused(
    changes: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=sentence):
        trainer_of(play_config("gigpo"), tmp_path, **changes)


def test_half_groups_are_refused(tmp_path: Path) -> None:
    trainer = trainer_of(play_config("gigpo"), tmp_path)
    name = trainer.train_dataset[0]["prompt"]
    with pytest.raises(ValueError, match="whole groups of 4"):
        trainer.rollout([name] * 6, trainer)


def test_a_changed_transcript_is_not_found(tmp_path: Path) -> None:
    import torch

    from baselines.adapters.trl.transcripts import Ledger

    empty = torch.ones((1, 2), dtype=torch.long)
    names = ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask", "tool_mask")
    with pytest.raises(ValueError, match="did not play"):
        Ledger().turns_of(dict.fromkeys(names, empty))


# ---- the page ---------------------------------------------------------------------------------


def test_the_example_of_turns_trains_two_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = examples("TRL, turns")
    names: dict[str, Any] = {}
    exec(compile(code, "docs/adapters.md", "exec"), names)
    assert names["trainer"].state.global_step == 2


def test_the_example_of_tools_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a tiny model instead of a large one, and few short replies."""
    from transformers import Qwen3ForCausalLM
    from trl_models import scripted_model, tool_tokenizer

    monkeypatch.chdir(tmp_path)
    tokenizer = tool_tokenizer(["You are in a shop."] * 3)
    shape = scripted_model(tokenizer, lambda row, conversation: "").config
    Qwen3ForCausalLM(shape).save_pretrained(tmp_path / "tiny")
    tokenizer.save_pretrained(tmp_path / "tiny")
    (code,) = examples("TRL, tools")
    few = (
        "num_generations=2, max_completion_length=8, max_steps=1, per_device_train_batch_size=2, "
        "use_cpu=True, bf16=False, report_to=[]"
    )
    small = code.replace("Qwen/Qwen3-4B", "tiny").replace("2048", "2")
    small = small.replace("num_generations=8, max_completion_length=8192, max_steps=200", few)
    assert small.count("tiny") == small.count(few) == 1
    names: dict[str, Any] = {}
    exec(compile(small, "docs/adapters.md", "exec"), names)
    assert names["trainer"].state.global_step == 1
