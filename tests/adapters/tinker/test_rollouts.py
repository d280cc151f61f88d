"""The real tinker-cookbook plays our episodes with a scripted policy, and makes rows of turns."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import gymnasium as gym
import pytest
import tinker
from adapter_episodes import FAMILIES, KINDS, Expected, Kind, expected_episodes
from adapter_servers import examples
from tinker_cookbook import tokenizer_utils
from tinker_cookbook.completers import TokenCompleter, TokensWithLogprobs
from tinker_cookbook.renderers import Renderer, get_renderer
from tinker_cookbook.rl.data_processing import trajectory_to_data
from tinker_cookbook.rl.rollouts import do_group_rollout, do_single_rollout
from tinker_cookbook.rl.types import Env, EnvGroupBuilder, RLDataset

from baselines.policy.tokenizer import train_tokenizer
from t2po_gym import parse_tagged
from t2po_gym.adapters.tinker import ReplyEnv, ReplyGroupBuilder, TaskDataset
from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.evaluation.records import PromptSettings

pytestmark = pytest.mark.filterwarnings("default")
NAME = "t2po-gym/test-tokenizer"
CHATML = ["<|im_start|>", "<|im_end|>"]
PROMPT = PromptSettings(template="plain", history=2)


def make_tokenizer() -> Any:
    tokenizer = train_tokenizer(["You are in the hall. <think> I go.</think>"] * 3, 300)
    tokenizer.add_special_tokens({"additional_special_tokens": CHATML, "eos_token": CHATML[1]})
    return tokenizer


@pytest.fixture(scope="module", autouse=True)
def _registered() -> Iterator[None]:
    tokenizer_utils.register_tokenizer(NAME, make_tokenizer)
    yield
    tokenizer_utils.unregister_tokenizer(NAME)


@pytest.fixture(scope="module", params=["qwen3", "role_colon"])
def renderer(request: pytest.FixtureRequest) -> Renderer:
    tokenizer = tokenizer_utils.get_tokenizer(NAME)
    return get_renderer(request.param, tokenizer, model_name=NAME)


class Scripted(TokenCompleter):
    """Replies with the actions of an episode, a thought before each; remembers what it read."""

    def __init__(self, renderer: Renderer, actions: Sequence[str]) -> None:
        self.renderer, self.left = renderer, list(actions)
        self.read: list[list[int]] = []
        self.parsed: list[str] = []

    async def __call__(
        self, model_input: tinker.ModelInput, stop: Any, *, max_tokens: int | None = None
    ) -> TokensWithLogprobs:
        self.read.append(model_input.to_ints())
        tokenizer: Any = self.renderer.tokenizer
        end = CHATML[1] if isinstance(stop[0], int) else stop[0]
        reply = f"<think>So.</think>\n<action>{self.left.pop(0)}</action>"
        tokens = tokenizer.encode(reply + end, add_special_tokens=False)
        text = tokenizer.decode(tokens).partition(CHATML[1])[0].partition(end)[0]
        self.parsed.append(parse_tagged(text).action)
        return TokensWithLogprobs(tokens=tokens, maybe_logprobs=[-0.5] * len(tokens))


def one_env(episode: Expected, renderer: Renderer) -> ReplyEnv:
    builder = ReplyGroupBuilder(
        env_id=episode.env_id,
        renderer=renderer,
        task_id=episode.task_id,
        seed=episode.seed,
        group_size=1,
        env_kwargs={"split": episode.split},
        prompt=PROMPT,
    )
    (env,) = asyncio.run(builder.make_envs())
    return env


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("env_id", FAMILIES)
def test_episodes_are_those_of_gym_make(env_id: str, kind: Kind, renderer: Renderer) -> None:
    for episode in expected_episodes(env_id, kind):
        env, policy = one_env(episode, renderer), Scripted(renderer, episode.actions)
        bare = gym.make(env_id, split=episode.split)
        page, info = bare.reset(seed=episode.seed, options={"task_id": episode.task_id})
        prompts, past = PromptBuilder(history_length=2), []
        played = asyncio.run(play(policy, env, len(episode.actions)))
        for turn, transition in enumerate(played.transitions):
            text = prompts.build("", past, page, info).text
            shown = renderer.build_generation_prompt([{"role": "user", "content": text}])
            assert policy.read[turn] == shown.to_ints()
            action = policy.parsed[turn]
            past.append(PastTurn(number=turn + 1, observation=page, action=action))
            page, reward, terminated, truncated, info = bare.step(action)
            logs = transition.logs
            assert (logs["action"], logs["page"]) == (action, page)
            assert logs["observation_hash"] == info["observation_hash"]
            assert logs["state_key"] == info["state_key"]
            assert transition.reward == reward
            assert transition.episode_done == (terminated or truncated)
            assert transition.metrics["action_valid"] == float(info["action_valid"])
        assert env.info["score"] == info["score"]
        if policy.parsed == list(episode.actions):
            assert info["observation_hash"] == episode.hashes[-1]
            assert played.stop_reason == ("completed" if episode.terminated else "max_turns")


async def play(policy: Scripted, env: ReplyEnv, most: int) -> Any:
    """The cookbook's own loop; an odd action that no reply can hold may leave turns over."""
    policy.left += ["look"] * 200
    return await do_single_rollout(policy, env)


def test_every_turn_is_a_row_of_its_own(renderer: Renderer) -> None:
    (episode,) = expected_episodes("t2po/WebShop-v0", "scripted", 1)
    policy = Scripted(renderer, episode.actions)
    played = asyncio.run(do_single_rollout(policy, one_env(episode, renderer)))
    rows = trajectory_to_data(played, 0.25)
    assert len(rows) == len(episode.actions)
    for row, prompt, transition in zip(rows, policy.read, played.transitions, strict=True):
        whole = prompt + transition.ac.tokens
        assert row.model_input.to_ints() == whole[:-1]
        assert row.loss_fn_inputs["target_tokens"].tolist() == whole[1:]
        learned = [0.0] * (len(prompt) - 1) + [1.0] * len(transition.ac.tokens)
        assert row.loss_fn_inputs["mask"].tolist() == learned


def test_a_group_is_identical_and_reports_its_scores(renderer: Renderer) -> None:
    (episode,) = expected_episodes("t2po/WebShop-v0", "scripted", 1)
    builder = ReplyGroupBuilder(
        env_id=episode.env_id,
        renderer=renderer,
        task_id=episode.task_id,
        seed=episode.seed,
        group_size=2,
        env_kwargs={"split": episode.split},
    )
    copy = pickle.loads(pickle.dumps(builder))
    assert isinstance(copy, EnvGroupBuilder)
    played = Scripted(renderer, episode.actions)
    asyncio.run(do_single_rollout(played, one_env(episode, renderer)))
    group = asyncio.run(do_group_rollout(copy, FromMemory(played)))
    starts = [trajectory.transitions[0].ob.to_ints() for trajectory in group.trajectories_G]
    assert starts[0] == starts[1]
    assert [metrics["score"] for metrics in group.metrics_G] == [episode.score] * 2
    assert group.get_total_rewards() == pytest.approx([sum(episode.rewards)] * 2)
    assert builder.logging_tags() == ["t2po/WebShop-v0"]


class FromMemory(Scripted):
    """Plays what another policy played after the same prompts, whoever asks first."""

    def __init__(self, played: Scripted) -> None:
        super().__init__(played.renderer, [])
        self.known = dict(zip(map(tuple, played.read), played.parsed, strict=True))

    async def __call__(
        self, model_input: tinker.ModelInput, stop: Any, *, max_tokens: int | None = None
    ) -> TokensWithLogprobs:
        self.left = [self.known[tuple(model_input.to_ints())]]
        return await super().__call__(model_input, stop, max_tokens=max_tokens)


def test_an_unfinished_reply_is_an_invalid_action(renderer: Renderer) -> None:
    (episode,) = expected_episodes("t2po/WebShop-v0", "scripted", 1)
    env = one_env(episode, renderer)

    async def scenario() -> Any:
        await env.initial_observation()
        cut = renderer.tokenizer.encode("<think>So.</think>\n<action>search[red")
        return await env.step(cut, extra={"stop_reason": "length"})

    result = asyncio.run(scenario())
    assert (result.metrics["action_valid"], result.metrics["format_ok"]) == (0.0, 0.0)
    assert not result.episode_done


def test_a_dataset_is_batches_of_tasks(renderer: Renderer) -> None:
    builder = ReplyGroupBuilder(env_id="t2po/WebShop-v0", renderer=renderer, group_size=2)
    dataset = TaskDataset(builder, tasks=5, batch_size=2)
    assert isinstance(dataset, RLDataset)
    assert len(dataset) == 2
    names = [group.task_id for index in range(2) for group in dataset.get_batch(index)]
    assert len(set(names)) == 4
    with pytest.raises(ValueError, match="batch_size must be from 1"):
        TaskDataset(builder, tasks=5, batch_size=6)


def test_the_environment_is_an_env() -> None:
    assert issubclass(ReplyEnv, Env)


def test_the_example_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = examples("Tinker")
    tokenizer_utils.register_tokenizer("Qwen/Qwen3-8B", make_tokenizer)
    exec(compile(code, "docs/adapters.md", "exec"), {})
    tokenizer_utils.unregister_tokenizer("Qwen/Qwen3-8B")
    batches, task = capsys.readouterr().out.split()
    assert int(batches) == 128
    assert task.startswith("webshop:")
