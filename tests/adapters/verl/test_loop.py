"""The real verl: our loop makes its rows, and its trainer's own code turns them into advantages."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import hydra
import numpy as np
import pytest
import torch
from adapter_episodes import KINDS, Expected, Kind, expected_episodes
from fake_server import FakeServer, Output
from omegaconf import OmegaConf
from verl.experimental.agent_loop.agent_loop import DictConfigWrap, ToolListWrap
from verl.protocol import DataProto
from verl.trainer.ppo.v1.utils import compute_advantage_for_multi_trajectories

from baselines.adapters.advantages import turn_advantages
from baselines.adapters.verl import estimators  # noqa: F401 - registers the names
from baselines.adapters.verl.records import Records
from baselines.adapters.verl.rows import TurnOutput
from baselines.collate import turn_rows
from baselines.config import TrainConfig, to_json
from baselines.policy.loading import load_policy, resolve_model
from baselines.policy.tokenizer import load_tokenizer
from baselines.presets import PRESETS
from baselines.rollout import Plan, collect
from baselines.run.panels import make_player
from t2po_gym import parse_tagged
from t2po_gym.core.many.vector import GroupedEnvs

pytestmark = pytest.mark.filterwarnings("default")
MODEL = str(resolve_model("builtin:webshop-cold-start"))
IDS = ("t2po/WebShop-v0", "t2po/ALFWorld-v0", "t2po/SearchQA-v0")


def play_config(algorithm: str) -> TrainConfig:
    base = PRESETS["webshop"]()
    return replace(
        base,
        algorithm=algorithm,
        env_kwargs={**base.env_kwargs, "catalogue": "compact:400", "max_turns": 4},
        rollout=replace(base.rollout, group=2, max_reply_tokens=32),
        thinking=replace(base.thinking, epsilon=0.2, max_tokens=8, min_action_tokens=12),
        turns=replace(base.turns, eta=0.02),
    )


def loop_of(folder: Path, config: TrainConfig, server: Any, records: str = "") -> Any:
    """Make the loop as verl's worker does."""
    play = folder / "play.json"
    play.write_text(to_json(config))
    tokenizer = load_tokenizer(MODEL)
    rollout = {
        "n": config.rollout.group,
        "temperature": config.rollout.temperature,
        "prompt_length": config.prompt.max_tokens,
        "response_length": config.rollout.max_reply_tokens,
    }
    trainer = OmegaConf.create(
        {"actor_rollout_ref": {"rollout": rollout, "model": {"path": MODEL}}, "data": {}}
    )
    named = {"_target_": "baselines.adapters.verl.loop.TurnAgentLoop"}
    return hydra.utils.instantiate(
        OmegaConf.create({"name": "t2po_gym", **named, "play": str(play), "records": records}),
        trainer_config=DictConfigWrap(trainer),
        server_manager=server,
        tokenizer=tokenizer,
        processor=None,
        hf_model_type=None,
        dataset_cls=None,
        data_config=DictConfigWrap(trainer.data),
        tools=ToolListWrap([]),
    )


def row_of(task: str, index: int = 0, member: int = 0, **changes: Any) -> dict[str, Any]:
    row = {"task_id": task, "split": "train", "learn": True, "index": index}
    ours = {"uid": f"u{index}", "session_id": member, "global_steps": 3, "raw_prompt": []}
    return {**row, **ours, **changes}


SAMPLING = {"temperature": 0.7, "top_p": 1.0, "top_k": -1, "logprobs": True}


def task_of(config: TrainConfig, index: int) -> str:
    env: Any = gym.make(config.env, split="train", **config.env_kwargs).unwrapped
    return str(env.task_id(index))


def play_group(loop_maker: Any, rows: list[dict[str, Any]]) -> list[list[TurnOutput]]:
    async def scenario() -> Any:
        return await asyncio.gather(*[loop_maker().run(dict(SAMPLING), **row) for row in rows])

    return asyncio.run(scenario())


def advantages_by_verl(rows: list[TurnOutput], keys: list[str], name: str) -> Any:
    """What verl's trainer does with the rows, padded as it pads them."""
    fields = [row.as_dict() for row in rows]

    def padded(field: str) -> torch.Tensor:
        return torch.nn.utils.rnn.pad_sequence([f[field] for f in fields], batch_first=True)

    data = DataProto.from_dict(
        tensors={
            "token_level_rewards": padded("rm_scores"),
            "response_mask": padded("response_mask"),
        },
        non_tensors={"uid": np.array([key.split("_")[0] for key in keys], dtype=object)},
    )
    done = compute_advantage_for_multi_trajectories(
        data, batch_keys=keys, adv_estimator=name, config=OmegaConf.create({})
    )
    return done.batch["advantages"]


def test_the_loop_plays_our_rollout_and_verl_gets_its_advantages(tmp_path: Path) -> None:
    """T2PO: closed thoughts, resampled turns, masks and advantages are those of our trainer."""
    config = play_config("t2po")
    policy = load_policy(MODEL, replace(config.policy, device="cpu"))
    records = Records(tmp_path / "records")
    server = FakeServer(policy, records, config.prompt.reply_prefix)
    tasks = [task_of(config, index) for index in (0, 7)]
    outputs = play_group(
        lambda: loop_of(tmp_path, config, server, str(records.folder)),
        [row_of(task, i, member) for i, task in enumerate(tasks) for member in range(2)],
    )
    player = make_player(policy, config)
    groups = []
    for place, task in enumerate(tasks):
        loop = loop_of(tmp_path, config, server, str(records.folder))
        with loop.setup.stage("train") as one:
            plan: Plan = loop.setup.plan(one, task, 3, place, True)
        stage = GroupedEnvs(lambda: gym.make(config.env, split="train", **config.env_kwargs), 1, 2)
        played = collect(stage, player.generator, player.prompting, plan)
        groups.append(replace(played[0], index=place))
    turns = turn_rows(groups)
    advantages = turn_advantages(turns, config)
    rows = [row for episode in outputs for row in episode]
    assert len(rows) == len(turns)
    for row, turn, advantage in zip(rows, turns, advantages, strict=True):
        reply = turn.turn.generation
        assert row.prompt_ids == turn.turn.prompt_ids.tolist()
        assert row.response_ids == reply.token_ids.tolist()
        assert row.response_mask == reply.sampled.astype(int).tolist()
        np.testing.assert_allclose(row.response_logprobs, reply.log_probs, atol=1e-4)
        assert row.turn_score == pytest.approx(advantage, abs=1e-9)
        assert row.extra_fields["anchor"] == turn.turn.anchor
        assert row.extra_fields["observation_hash"] == turn.turn.observation_hash
    assert any(0 in row.response_mask for row in rows), "TTI fired"
    keys = [
        f"u{g}_{m}_{t}" for g in range(2) for m in range(2) for t in range(len(outputs[2 * g + m]))
    ]
    for name in ("t2po", "gigpo", "grpo_turns"):
        spread = advantages_by_verl(rows, keys, name)
        for got, row, advantage in zip(spread, rows, advantages, strict=True):
            length = len(row.response_ids)
            expected = torch.tensor(row.response_mask) * float(advantage)
            torch.testing.assert_close(got[:length], expected.float(), atol=1e-6, rtol=1e-5)
            assert not got[length:].any()


def test_verls_worker_hands_the_turns_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker of verl's trainer gives every output the last one's reward; scores survive it."""
    from verl.trainer.ppo.v1 import agent_loop_tq

    put: dict[str, Any] = {}

    async def keep(**batch: Any) -> None:
        put.update(batch)

    monkeypatch.setattr(agent_loop_tq.tq, "async_kv_batch_put", keep)
    worker_class = agent_loop_tq.AgentLoopWorkerTQ.__ray_metadata__.modified_class
    worker = object.__new__(worker_class)
    worker.processor, worker.distillation_enabled = None, False
    worker.reward_loop_worker_handles, worker.mm_processor_kwargs = None, {}
    config = play_config("gigpo")
    config = replace(config, rollout=replace(config.rollout, group=1))
    policy = load_policy(MODEL, replace(config.policy, device="cpu"))
    server = FakeServer(policy, prefix=config.prompt.reply_prefix)
    row = row_of(task_of(config, 0))
    (outputs,) = play_group(lambda: loop_of(tmp_path, config, server), [row])
    for number, output in enumerate(outputs):
        output.turn_score = 0.25 + number
    asyncio.run(worker._agent_loop_postprocess(list(outputs), False, **row))
    assert put["keys"] == [f"u0_0_{turn}" for turn in range(len(outputs))]
    for number, output in enumerate(outputs):
        scores = put["fields"]["rm_scores"][number]
        assert float(scores[-1]) == pytest.approx(0.25 + number)
        assert float(scores.sum()) == pytest.approx(0.25 + number)
        assert put["fields"]["response_mask"][number].tolist() == output.response_mask
        whole = output.prompt_ids + output.response_ids
        assert put["fields"]["input_ids"][number].tolist() == whole


def test_validation_rows_keep_the_benchmarks_score(tmp_path: Path) -> None:
    config = play_config("gigpo")
    policy = load_policy(MODEL, replace(config.policy, device="cpu"))
    server = FakeServer(policy, prefix=config.prompt.reply_prefix)
    row = row_of(task_of(config, 0), learn=False)
    (outputs,) = play_group(lambda: loop_of(tmp_path, config, server), [row])
    assert outputs
    for output in outputs:
        assert output.turn_score is None
        score = output.extra_fields["reward_extra_info"]["score"]
        assert float(output.as_dict()["rm_scores"].sum()) == pytest.approx(score)


def test_a_failing_server_fails_the_group_and_nobody_waits(tmp_path: Path) -> None:
    class Dying:
        async def generate(self, request_id: str, **others: Any) -> Output:
            await asyncio.sleep(0)
            raise ConnectionError("the server is gone")

    config = play_config("gigpo")
    task = task_of(config, 0)

    async def scenario() -> list[Any]:
        loops = [loop_of(tmp_path, config, Dying()) for _ in range(2)]
        jobs = [loop.run(dict(SAMPLING), **row_of(task, member=m)) for m, loop in enumerate(loops)]
        return await asyncio.wait_for(asyncio.gather(*jobs, return_exceptions=True), 60)

    assert [type(error) for error in asyncio.run(scenario())] == [ConnectionError] * 2


# ---- episodes ---------------------------------------------------------------------------------


class ScriptedServer:
    """Replies with the actions of an episode, in order."""

    def __init__(self, tokenizer: Any, actions: tuple[str, ...]) -> None:
        self.tokenizer, self.left = tokenizer, list(actions)
        self.parsed: list[str] = []

    async def generate(
        self, request_id: str, *, prompt_ids: list[int], sampling_params: dict[str, Any]
    ) -> Output:
        action = self.left.pop(0) if self.left else "look"
        text = f"So.</think>\n<action>{action}</action>"
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        self.parsed.append(parse_tagged("<think>" + self.tokenizer.decode(ids)).action)
        return Output(token_ids=ids, log_probs=[-0.5] * len(ids))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("env_id", IDS)
def test_episodes_are_those_of_gym_make(env_id: str, kind: Kind, tmp_path: Path) -> None:
    base = play_config("gigpo")
    prompt = replace(base.prompt, template="compact", parser="tagged", max_tokens=2_000)
    config = replace(
        base,
        env=env_id,
        env_kwargs={},
        prompt=prompt,
        rollout=replace(base.rollout, max_reply_tokens=4_000),
    )
    for episode in expected_episodes(env_id, kind):
        one_episode(config, episode, tmp_path)


def one_episode(config: TrainConfig, episode: Expected, folder: Path) -> None:
    server = ScriptedServer(load_tokenizer(MODEL), episode.actions)
    row = row_of(episode.task_id, split=episode.split, learn=False)
    (outputs,) = play_group(lambda: loop_of(folder, config, server), [row])
    bare = gym.make(config.env, split=episode.split)
    seed = loop_of(folder, config, server).setup
    with seed.stage(episode.split) as stage:
        (env_seed,) = seed.plan(stage, episode.task_id, 3, 0, False).env_seeds
    _, info = bare.reset(seed=env_seed, options={"task_id": episode.task_id})
    rewards = 0.0
    for output, action in zip(outputs, server.parsed, strict=True):
        assert output.extra_fields["anchor"] == info["state_key"]
        _, reward, terminated, truncated, info = bare.step(action)
        rewards += float(reward)
        assert output.extra_fields["observation_hash"] == info["observation_hash"]
    assert terminated or truncated
    assert outputs[-1].reward_score == info["score"]
    if server.parsed == list(episode.actions):
        assert info["observation_hash"] == episode.hashes[-1]
        assert rewards == pytest.approx(sum(episode.rewards))


# ---- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "changes", "sentence"),
    [
        ("ppo", {}, "PPO's critic"),
        ("t2po", {}, "needs our logits processor"),
        ("gigpo", {"temperature": 1.0}, "temperature is 0.7 and the agent loop's settings say 1.0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    algorithm: str, changes: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    config = play_config(algorithm)
    if changes:
        loop = loop_of(tmp_path, config, None)
        from baselines.adapters.verl.loop import check_rollout

        other = replace(config, rollout=replace(config.rollout, **changes))
        setup = replace(loop.setup, config=other)
        with pytest.raises(ValueError, match=sentence):
            check_rollout(setup, loop.rollout_config)
        return
    with pytest.raises(Exception, match=sentence):
        loop_of(tmp_path, config, None)
