"""The verl-agent / T2PO layer: prompts, projection, worker order, rewards, infos, metrics."""

import numpy as np
import pytest
from alfworld_games import make

from t2po_gym.core.agent.actions import project_webshop
from t2po_gym.core.agent.prompted import PromptedEnv
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.envs.alfworld.originals.verl_agent import (
    MAX_STEPS,
    VerlAgentALFWorld,
    VerlAgentConfig,
    VerlAgentWorker,
    success_metrics,
    training_preset,
    validation_preset,
)
from t2po_gym.envs.alfworld.originals.verl_agent_prompts import (
    VerlAgentTemplate,
    build_prompt,
    format_actions,
    task_of,
)
from t2po_gym.envs.alfworld.tasks import open_split

GAMES = "generated:12"
START = "-= Welcome to TextWorld, ALFRED! =-\n\nYou see a desk 1.\n\nYour task is to: put a pen.\n"


def reply(action):
    return f"<think>So.</think><action>{action}</action>"


def test_the_first_prompt_letter_for_letter():
    assert build_prompt("put a pen.", "OBS", ["go to desk 1", "help", "look"]) == (
        "\nYou are an expert agent operating in the ALFRED Embodied Environment.\n"
        "Your current observation is: OBS\n"
        "Your admissible actions of the current situation are: ['go to desk 1'\n 'look'].\n"
        "\n"
        "Now it's your turn to take an action.\n"
        "You should first reason step-by-step about the current situation. This reasoning process "
        "MUST be enclosed within <think> </think> tags. \n"
        "Once you've finished your reasoning, you should choose an admissible action for current "
        "step and present it within <action> </action> tags.\n"
    )


def test_a_later_prompt_letter_for_letter():
    turns = [("O1", "A1"), ("O2", "A2"), ("O3", "A3")]
    prompt = build_prompt("put a pen.", "OBS", ["look"], turns=turns, history_length=2)
    assert prompt.startswith(
        "\nYou are an expert agent operating in the ALFRED Embodied Environment. Your task is to: "
        "put a pen.\n"
        "Prior to this step, you have already taken 3 step(s). Below are the most recent 2 "
        "observaitons and the corresponding actions you took: "
        "[Observation 2: 'O2', Action 2: 'A2']\n[Observation 3: 'O3', Action 3: 'A3']\n"
        "You are now at step 4 and your current observation is: OBS\n"
        "Your admissible actions of the current situation are: ['look'].\n\nNow it's your turn"
    )
    assert build_prompt("t", "OBS", ["look"], turns=turns, history_length=0) == build_prompt(
        "t", "OBS", ["look"]
    )


def test_task_and_actions():
    assert task_of(START) == "put a pen."
    assert format_actions(["a", "help", "b"]) == "'a'\n 'b'"
    with pytest.raises(ValueError, match="must hold 'Your task is to: "):
        task_of("nothing of that kind")


def test_the_template_gives_the_same_prompts_as_the_batch():
    batch = VerlAgentALFWorld(GAMES, VerlAgentConfig(num_groups=1, group_size=1))
    observations, _ = batch.reset([3])
    env = PromptedEnv(
        make(rules="exact", games=GAMES),
        parser=project_webshop,
        prompts=PromptBuilder(template=VerlAgentTemplate(), history_length=2),
        reward_on_success=10.0,
    )
    prompt, _ = env.reset(seed=0, options={"task_index": 3})
    for action in ("look", "go to nowhere", "inventory", "help"):
        assert prompt == observations["text"][0]
        observations, rewards, _, _ = batch.step([reply(action)])
        prompt, reward, *_ = env.step(reply(action))
        assert reward == rewards[0] == 0.0
    assert "Nothing happens." in prompt


def test_presets():
    training, validation = training_preset(3), validation_preset(3)
    assert (training.num_workers, training.num_groups, training.split) == (128, 16, "train")
    assert (validation.num_workers, validation.group_size) == (128, 1)
    assert (validation.seed, validation.split) == (1003, "valid_seen")
    assert validation_preset(split="valid_unseen").split == "valid_unseen"
    for name, value in (("num_groups", 0), ("group_size", 0), ("max_steps", 0)):
        with pytest.raises(ValueError, match=f"{name} must be at least 1"):
            VerlAgentConfig(**{name: value})
    with pytest.raises(ValueError, match="history_length"):
        VerlAgentConfig(history_length=-1)


def test_a_worker_walks_through_shuffled_games_and_shuffles_again():
    shared = open_split(GAMES, "train")
    worker = VerlAgentWorker(shared, seed=5)
    seen = [worker.reset()[1]["extra.gamefile"] for _ in range(24)]
    order, rng = list(range(12)), np.random.RandomState(5)
    expected = []
    for _ in range(2):
        rng.shuffle(order)
        expected += [shared.games.task_id(index) for index in order]
    assert seen == expected
    assert seen[:12] != seen[12:]


def test_a_group_plays_one_game_and_groups_play_others():
    batch = VerlAgentALFWorld(GAMES, VerlAgentConfig(seed=1, num_groups=2, group_size=3))
    _, infos = batch.reset()
    files = [info["extra.gamefile"] for info in infos]
    assert len(set(files[:3])) == len(set(files[3:])) == 1
    other = VerlAgentALFWorld(GAMES, VerlAgentConfig(seed=2, num_groups=1, group_size=1))
    assert other.reset()[1][0]["extra.gamefile"] == files[3]  # seed 2 is that of the second group


def test_a_won_game_pays_ten_and_stays_as_it_is():
    shared = open_split(GAMES, "train")
    batch = VerlAgentALFWorld(GAMES, VerlAgentConfig(num_groups=1, group_size=1))
    batch.reset([2])
    plan = shared.games.game(2).walkthrough
    for command in plan:
        observations, rewards, dones, infos = batch.step([reply(command)])
    assert (rewards[0], dones[0], infos[0]["won"]) == (10.0, True, True)
    last = observations["anchor"]
    observations, rewards, dones, infos = batch.step([reply("look")])
    assert observations["anchor"] == last
    assert (rewards[0], dones[0], infos[0]["won"]) == (10.0, True, True)


def test_an_episode_is_over_after_fifty_steps():
    batch = VerlAgentALFWorld(GAMES, VerlAgentConfig(num_groups=1, group_size=1))
    batch.reset()
    for step in range(1, MAX_STEPS + 2):
        _, rewards, dones, _ = batch.step([reply("look")])
        assert dones[0] == (step >= MAX_STEPS)
        assert rewards[0] == 0.0


@pytest.mark.parametrize(
    ("text", "action", "format_ok", "valid"),
    [
        (reply("look"), "look", 1, 1),
        (reply(" LOOK "), "look", 1, 1),
        (reply("help"), "help", 1, 1),
        (reply("dance"), "dance", 1, 0),
        ("<action>look</action>", "look", 0, 0),
        ("<think>看</think><action>look</action>", "look", 0, 0),
        (
            "I would like to go and look around here",
            "o like to go and look around here"[-30:],
            0,
            0,
        ),
    ],
)
def test_projection_and_flags(text, action, format_ok, valid):
    batch = VerlAgentALFWorld(GAMES, VerlAgentConfig(num_groups=1, group_size=1))
    before, _ = batch.reset()
    after, _, _, infos = batch.step([text])
    assert infos[0]["is_response_format_valid"] == format_ok
    assert infos[0]["is_action_valid"] == valid
    assert f"Action 1: '{action}'" in after["text"][0]
    assert f"[Observation 1: '{before['anchor'][0]}'" in after["text"][0]
    refused = after["anchor"][0] == "Nothing happens."
    assert refused is (action not in ("look", "help"))


def test_the_wrong_number_of_replies_or_games():
    batch = VerlAgentALFWorld(GAMES, VerlAgentConfig(num_groups=2, group_size=1))
    with pytest.raises(ValueError, match="after reset"):
        batch.step([reply("look")] * 2)
    with pytest.raises(ValueError, match="one index for each of the 2 workers"):
        batch.reset([1])
    batch.reset()
    with pytest.raises(ValueError, match="got 1"):
        batch.step([reply("look")])


def test_success_is_read_off_the_last_active_step():
    def info(won, file):
        return {"won": won, "extra.gamefile": file}

    cool = "x/pick_cool_then_place_in_recep-Mug-None-Desk-1/trial"
    place = "x/pick_and_place_simple-Mug-None-Desk-1/trial"
    infos = [
        [info(False, cool), info(True, cool), info(False, cool)],
        [info(False, place), info(False, place), info(True, place)],
    ]
    active = [[True, True, False], [True, True, False]]
    metrics = success_metrics(infos, active)
    assert {name: values.tolist() for name, values in metrics.items()} == {
        "success_rate": [1.0, 0.0],
        "pick_cool_then_place_in_recep_success_rate": [1.0],
        "pick_and_place_success_rate": [0.0],
    }
    with pytest.raises(ValueError, match="no active step"):
        success_metrics([infos[0]], [[False, False, False]])
