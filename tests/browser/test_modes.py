"""The other modes: pages as a tree and as pictures, actions by position, rendering."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CENTRE = """
const found = arguments[0] === 'search'
  ? document.getElementById('query')
  : [...document.querySelectorAll('button[name=action]')].find(b => b.value === arguments[0]);
found.scrollIntoView({block: 'center', behavior: 'instant'});
const box = found.getBoundingClientRect();
return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2), scrollY];
"""


def point_at(env: Any, what: str) -> tuple[int, int]:
    """Scroll to a button (or the box ``search``) and return its middle, as a person would."""
    tab = env._window._loan.tab
    with tab._browser.on(tab._page) as driver:
        x, y, _ = driver.execute_script(CENTRE, what)
    return x, y


def test_a_tree_leads_to_the_goal(make: Any) -> None:
    env = make(observation_mode="axtree")
    expert = ScriptedShopper(env, random.Random(0))
    for seed in range(3):
        tree, info = env.reset(seed=seed)
        assert 'button "Search" search[<your query>]' in tree
        ended = False
        while not ended:
            assert tree.startswith('RootWebArea "')
            for action in info["admissible_actions"][1:]:
                assert f"{tree}\n".count(f" {action}\n") == 1, action
            tree, reward, terminated, truncated, info = env.step(expert.turn().action)
            assert info["action_valid"]
            ended = terminated or truncated
        assert reward == 1.0


def test_a_chosen_option_is_pressed_in_the_tree(make: Any) -> None:
    env = make(observation_mode="axtree")
    expert = ScriptedShopper(env, random.Random(0))
    env.reset(seed=0)
    actions = [expert.turn().action]
    while "buy now" not in actions[-1]:
        tree = env.step(actions[-1])[0]
        if env.session.options:
            (value, *_) = env.session.options.values()
            assert f"pressed click[{value}]" in tree
        actions.append(expert.turn().action)
    assert env.session.options


def test_clicks_by_position_lead_to_the_goal(make: Any) -> None:
    env = make(observation_mode="screenshot", max_turns=40, width=800, height=600)
    expert = ScriptedShopper(env, random.Random(0))
    for seed in range(3):
        seen, info = env.reset(seed=seed)
        ended = False
        while not ended:
            assert seen["screenshot"].shape == (600, 800, 3)
            assert seen in env.observation_space
            assert seen["task"] == info["task"]
            action = expert.turn().action
            if action.startswith("search["):
                x, y = point_at(env, "search")
                env.step(f"click_at[{x},{y}]")
                assert env.step(f"type[{action[7:-1]}]")[4]["action_valid"]
                action = "press[enter]"
            else:
                x, y = point_at(env, action)
                action = f"click_at[{x},{y}]"
            seen, reward, terminated, truncated, info = env.step(action)
            assert info["action_valid"]
            ended = terminated or truncated
        assert reward == 1.0


def test_hashes_of_screenshots_are_those_of_the_text(make: Any) -> None:
    text, pictures = make(), make(observation_mode="screenshot")
    expert = ScriptedShopper(text, random.Random(0))
    assert (
        text.reset(seed=1)[1]["observation_hash"] == pictures.reset(seed=1)[1]["observation_hash"]
    )
    for _ in range(3):
        action = expert.turn().action
        own, other = text.step(action), pictures.step(action)
        assert own[4]["observation_hash"] == other[4]["observation_hash"]


def test_what_cannot_be_done_is_invalid_and_changes_nothing(make: Any) -> None:
    env = make(observation_mode="screenshot", max_turns=40)
    before = env.reset(seed=0)[0]["screenshot"]
    impossible = ("click_at[1280,5]", "click_at[5,720]", "type[mug]", "press[f1]", "scroll[x]")
    for action in (*impossible, "click_at[-1,2]", "type[\ud800]", "press[]"):
        seen, reward, _, _, info = env.step(action)
        assert (info["action_valid"], reward) == (False, 0.0)
        assert np.array_equal(seen["screenshot"], before), action


def test_a_click_beside_every_button_is_valid_and_does_nothing(make: Any) -> None:
    env = make(observation_mode="axtree")
    tree, before = env.reset(seed=0)
    again, _, _, _, info = env.step("click_at[3,700]")
    assert again == tree
    assert info["action_valid"]
    assert info["state_key"] == before["state_key"]


def test_typing_scrolling_and_keys_are_part_of_the_state(make: Any) -> None:
    env = make(observation_mode="screenshot", max_turns=40, height=400)
    env.reset(seed=0)
    x, y = point_at(env, "search")
    keys = {env.step(f"click_at[{x},{y}]")[4]["state_key"]}
    for action in (
        "type[blue shirts]",
        "press[backspace]",
        "press[enter]",
        "scroll[250]",
        "press[tab]",
    ):
        info = env.step(action)[4]
        assert info["action_valid"], action
        keys.add(info["state_key"])
        assert env._window.draft.scrolled == (250 if action == "scroll[250]" else 0), action
    assert len(keys) == 6
    assert env.session.query == "blue shirt"


@pytest.mark.parametrize("size", [{"width": 300, "height": 300}, {"width": 1280, "height": 720}])
def test_a_page_stands_still_after_a_key(make: Any, size: dict[str, int]) -> None:
    env = make(observation_mode="axtree", **size)
    for key in ("page down", "end"):
        env.reset(seed=0)
        env.step("search[boots]")
        env.step(f"press[{key}]")
        assert env._window.draft.scrolled > 0
        assert env._window.draft == env._window._loan.tab.draft()
        info = env.step("click[next >]")[4]
        assert info["action_valid"]
        assert env.session.page == 2


def test_a_draft_is_restored(make: Any) -> None:
    env, other = (make(observation_mode="axtree", max_turns=40, height=400) for _ in range(2))
    env.reset(seed=0)
    env.step("search[blue shirt]")
    env.step("scroll[250]")
    assert env._window.draft.scrolled == 250
    x, y = point_at(env, "search")
    env.step(f"click_at[{x},{y}]")
    tree, *_, info = env.step("type[blue é😀]")
    assert 'value "blue é😀" focused' in tree
    restored = other.restore(env.snapshot())
    assert restored == (tree, info)
    assert other._window.draft == env._window.draft
    assert other.step("press[enter]") == env.step("press[enter]")
    assert env.session.query == "blue é😀"


def test_an_empty_search_is_told_so(make: Any) -> None:
    env = make(observation_mode="axtree")
    env.reset(seed=0)
    x, y = point_at(env, "search")
    env.step(f"click_at[{x},{y}]")
    tree, *_, info = env.step("press[enter]")
    assert not info["action_valid"]
    assert "The search is empty" in tree


def test_rendering_as_a_picture(make: Any) -> None:
    env = make(render_mode="rgb_array", width=400, height=300)
    env.reset(seed=0)
    picture = env.render()
    assert (picture.shape, picture.dtype) == ((300, 400, 3), np.uint8)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5, "more than one colour"
    assert np.array_equal(env.render(), picture)
    env.step("search[mug]")
    assert not np.array_equal(env.render(), picture)
