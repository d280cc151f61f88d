"""Episodes in Chromium beside the same episodes of ``t2po/WebShop-v0``, compared exactly."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hostile import SHORT_HOSTILE, random_text
from webshop_envs import make as make_plain

from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Act = Callable[[dict[str, Any]], str]

EPISODES = {"fixed": 50, "exact": 15}
"""Rules choose goals and prices, on the same pages: the second set is to see that it arrives."""
QUERIES = ("red shoes", "Blue  Mug", " tea ", "é 😀 ﬃ", "<r>", "<q> tea", "search_results", "a[b]c")
SPELLINGS = (
    str,
    str.upper,
    lambda action: f" {action}. ",
    lambda action: action.replace("]", "\n]"),
    lambda action: action.replace("]", " \ud800]"),
    lambda action: action * 2,
)


def pages(env: Any, seed: int, act: Act) -> Iterator[tuple[Any, ...]]:
    """Play an episode; yields what reset and every step return."""
    observation, info = env.reset(seed=seed)
    yield observation, info
    ended = False
    while not ended:
        step = env.step(act(info))
        info, ended = step[4], step[2] or step[3]
        yield step


def compare(plain: Any, browser: Any, seed: int, act: Act) -> Any:
    """Play the plain environment, and the same actions in the browser; returns the last step."""
    played: list[str] = []

    def noted(info: dict[str, Any]) -> str:
        played.append(act(info))
        return played[-1]

    def again(_: dict[str, Any]) -> str:
        return played[-1]

    steps = zip(pages(plain, seed, noted), pages(browser, seed, again), strict=True)
    for own, other in steps:
        # It names the actions by position too, in all modes but the text.
        other[-1]["action_format"] = own[-1]["action_format"]
        assert other == own, played
    return own


@pytest.mark.parametrize("rules", ["fixed", "exact"])
def test_expert_episodes_are_alike(make: Any, rules: str) -> None:
    plain, browser = (maker(rules=rules, max_turns=15) for maker in (make_plain, make))
    expert = ScriptedShopper(plain, random.Random(0))
    rewards = [
        compare(plain, browser, seed, lambda _: expert.turn().action)[1]
        for seed in range(EPISODES[rules])
    ]
    assert sum(rewards) > 0.9 * len(rewards)


def hostile(rng: random.Random, info: dict[str, Any]) -> str:
    """Mostly an admissible action, oddly spelt at times; else any text."""
    chosen = rng.choice(info["admissible_actions"] or ("look",))
    action = chosen.replace("<your query>", rng.choice(QUERIES))
    dice = rng.random()
    if dice < 0.15:
        return rng.choice((rng.choice(SHORT_HOSTILE), random_text(rng)))
    if dice < 0.3:
        return f"search[{rng.choice((*QUERIES, random_text(rng)))}]"
    return rng.choice(SPELLINGS)(action) if dice < 0.5 else action


@pytest.mark.parametrize("rules", ["fixed", "exact"])
def test_random_and_hostile_episodes_are_alike(make: Any, rules: str) -> None:
    plain, browser = (maker(rules=rules, max_turns=7, split="all") for maker in (make_plain, make))
    for seed in range(EPISODES[rules]):
        rng = random.Random(seed)
        compare(plain, browser, seed, lambda info, rng=rng: hostile(rng, info))


def test_earlier_pages_and_actions_are_shown_alike(make: Any) -> None:
    shown = {"num_prev_obs": 2, "num_prev_actions": 1, "max_turns": 8}
    plain, browser = (maker(**shown) for maker in (make_plain, make))
    rng = random.Random(5)
    compare(plain, browser, 5, lambda info: hostile(rng, info))


def test_very_long_texts_are_alike(make: Any) -> None:
    plain, browser = (maker(max_turns=15) for maker in (make_plain, make))
    actions = ["search[" + "b" * 8_000 + "]", "x" * 100_000, "search[" + "ab " * 300 + "]"]
    left = iter([*actions, *actions[::-1], *["look"] * 9])
    compare(plain, browser, 0, lambda _: next(left))


def test_snapshots_continue_alike(make: Any) -> None:
    plain, browser, other = make_plain(), make(), make()
    expert = ScriptedShopper(plain, random.Random(0))
    plain.reset(seed=3), browser.reset(seed=3)
    assert browser.step("search[]") == plain.step("search[]")  # a notice stands on the page
    for _ in range(2):
        action = expert.turn().action
        assert browser.step(action) == plain.step(action)
        saved = browser.snapshot()
        restored = [env.restore(saved) for env in (browser, other)]
        assert restored[0] == restored[1] == plain.restore(plain.snapshot())
        assert other._window.text == restored[0][0]
    action = expert.turn().action
    assert browser.step(action) == other.step(action) == plain.step(action)


def test_html_is_the_plain_environments(make: Any) -> None:
    plain, browser = (maker(observation_mode="html", max_turns=12) for maker in (make_plain, make))
    expert = ScriptedShopper(plain, random.Random(0))
    for seed in range(3):
        compare(plain, browser, seed, lambda _: expert.turn().action)
        rng = random.Random(seed)
        compare(plain, browser, seed, lambda info, rng=rng: hostile(rng, info))
