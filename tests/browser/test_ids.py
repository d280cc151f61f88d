"""What every id must keep, for the browser's: both checkers and the vector modes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from page_blocks import blocks_of

from t2po_gym.core.many.checker import check_text_env
from t2po_gym.evaluation.environment import make_env
from t2po_gym.registration import BROWSER_IDS, ENV_IDS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

(ID,) = BROWSER_IDS
PLAIN = "t2po/WebShop-v0"
ACTIONS = (("search[mug]", "nonsense"), ("click[next >]", "search[tea]"))


def test_the_id_stands_beside_the_others() -> None:
    assert not set(BROWSER_IDS) & set(ENV_IDS)
    assert ID in gym.registry


def test_the_example_of_its_page() -> None:
    page = Path(__file__).parents[2] / "docs" / "browser.md"
    marked = "run by: tests/browser/test_ids.py"
    (block,) = [one for one in blocks_of(page.read_text(encoding="utf-8")) if one.mark == marked]
    names: dict[str, Any] = {}
    exec(compile(block.text, str(page), "exec"), names)
    assert "[SEP] Page 1 (Total results: " in names["observation"]


def test_contract_checker(make: Any) -> None:
    check_text_env(make(max_turns=4), episodes=1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mode", ["text", "screenshot"])
def test_gymnasium_checker(make: Any, mode: str) -> None:
    check_env(make(observation_mode=mode, width=300, height=200), skip_render_check=True)


def played(envs: Any) -> list[Any]:
    rows: list[Any] = [envs.reset(seed=5)]
    rows += [envs.step(actions) for actions in ACTIONS]
    return [(row[0], row[-1]["observation_hash"].tolist()) for row in rows]


def test_vector_modes_agree_with_the_plain_environment(chromium_there: None) -> None:
    """The asynchronous one starts a browser in each of its two processes."""
    found = []
    for env_id, mode in (
        (PLAIN, "vector_entry_point"),
        (ID, "vector_entry_point"),
        (ID, "sync"),
        (ID, "async"),
    ):
        more = {"vector_kwargs": {"shared_memory": False}} if mode == "async" else {}
        envs = gym.make_vec(env_id, num_envs=2, vectorization_mode=mode, **more)
        try:
            found.append(played(envs))
        finally:
            envs.close()
    assert found[0] == found[1] == found[2] == found[3]


def test_a_batch_of_screenshots(chromium_there: None) -> None:
    envs = gym.make_vec(
        ID,
        num_envs=2,
        observation_mode="screenshot",
        width=300,
        height=200,
        autoreset_mode="SameStep",
    )
    try:
        seen, _ = envs.reset(seed=0)
        assert seen["screenshot"].shape == (2, 200, 300, 3)
        assert seen["screenshot"].dtype == np.uint8
        assert len(seen["task"]) == 2
        assert seen in envs.observation_space
    finally:
        envs.close()


def test_a_bare_environment_by_name(chromium_there: None) -> None:
    env = make_env(ID, {"split": "test"})
    assert env.split == "test"
    env.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"observation_mode": "url"}, "observation_mode must be one of text, html, axtree, scr"),
        ({"browser": "mine"}, "browser must be 'shared' or 'own'; got 'mine'"),
        ({"width": 100}, "width must be an integer from 200 to 4096 pixels; got 100"),
        ({"height": 720.0}, "height must be an integer from 200 to 4096 pixels; got 720.0"),
        ({"height": True}, "height must be an integer from 200 to 4096 pixels; got True"),
        ({"render_mode": "video"}, "render_mode must be None, 'ansi' or 'human' or 'rgb_array'"),
        ({"rules": "odd"}, "rules must be one of"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*not in the possible render_modes")
def test_bad_arguments_are_refused_in_one_sentence(
    make: Any, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        make(**arguments)
