"""`t2po/WebShop-v0`: arguments, tasks, both rule sets, the contract."""

import random

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env
from webshop_envs import make, real_files
from webshop_golden import mini_catalogue

from t2po_gym.core.many.checker import check_text_env
from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper
from t2po_gym.envs.webshop.env import SEARCH_ACTION, WebShopEnv

FORMS = {
    "default": {},
    "exact": {"rules": "exact", "split": "all", "max_turns": 40},
    "rich": {"observation_mode": "text_rich", "split": "test"},
    "url": {"observation_mode": "url", "split": "dev"},
    "html": {"observation_mode": "html", "split": "dev"},
    "compact": {
        "catalogue": "compact:300",
        "page_size": 3,
        "title_words": 5,
        "max_bullets": 1,
        "max_description_chars": 60,
        "difficulty": "easy",
    },
    "attributes": {"show_attributes": True, "shop_seed": 5},
    "history": {"num_prev_obs": 2, "num_prev_actions": 3},
    "selected": {
        "filter_goals": {"category": ["beauty", "grocery"], "difficulty": "hard"},
        "limit_goals": 40,
    },
}


def test_make_gives_the_bare_environment_with_the_documented_defaults():
    env = gym.make("t2po/WebShop-v0")
    assert isinstance(env, WebShopEnv)
    assert (env.split, env.max_turns, len(env.catalogue)) == ("train", 15, 1000)
    observation, info = env.reset(seed=0)
    assert observation.startswith("WebShop [SEP] Instruction: [SEP] Find me ")
    assert info["admissible_actions"] == (SEARCH_ACTION,)
    assert env.observation_space.contains(observation)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rules": "loose"}, "rules must be one of fixed, exact; got 'loose'"),
        ({"split": "valid"}, "split must be one of train, dev, test, all; got 'valid'"),
        (
            {"observation_mode": "jpeg"},
            "observation_mode must be one of text, text_rich, url, html",
        ),
        ({"max_turns": 0}, "max_turns must be an integer of at least 1; got 0"),
        ({"progress": 1}, "progress must be True or False; got 1"),
        ({"human_goals": "yes"}, "human_goals must be True or False; got 'yes'"),
        ({"difficulty": "extreme"}, "difficulty must be None or one of easy, medium, hard"),
        ({"difficulty": "easy", "rules": "exact"}, "difficulty grades the synthetic goals"),
        ({"shop_seed": -1}, "shop_seed must be an integer of at least 0; got -1"),
        ({"shop_seed": True}, "shop_seed must be an integer of at least 0; got True"),
        ({"filter_goals": "beauty"}, "filter_goals must be None, a mapping with the keys asin"),
        ({"filter_goals": {"price": "5"}}, "filter_goals maps asin, category"),
        ({"filter_goals": {"words": []}}, "filter_goals maps asin, category"),
        ({"filter_goals": {"words": [3]}}, "filter_goals maps asin, category"),
        ({"filter_goals": {"category": "cars"}}, "filter_goals keeps none of the 2832 goals"),
        (
            {"filter_goals": {"difficulty": "easy"}, "rules": "exact"},
            "filter_goals: difficulty grades the synthetic goals",
        ),
        ({"limit_goals": 0}, "limit_goals must be None or an integer of at least 1; got 0"),
        ({"limit_goals": True}, "limit_goals must be None or an integer of at least 1; got True"),
        ({"num_prev_obs": -1}, "num_prev_obs must be an integer of at least 0; got -1"),
        ({"num_prev_actions": 1.0}, "num_prev_actions must be an integer of at least 0; got 1.0"),
        ({"session_prefix": 3}, "session_prefix must be a text; got 3"),
        ({"num_products": 100}, "num_products goes with original files; a generated catalogue"),
        ({"num_products": 0}, "num_products must be None or an integer of at least 1; got 0"),
        ({"page_size": 0}, "page_size"),
        ({"title_words": 0}, "title_words"),
        ({"catalogue": "defualt"}, "catalogue 'defualt' is neither a file nor a folder"),
        ({"catalogue": "generated:0"}, "1 to 1200000 products, not 0"),
        ({"catalogue": 7}, "catalogue must be 'default', another catalogue text"),
        ({"human_goals": True}, "no human goals in split 'train'"),
        (
            {"rules": "exact", "split": "train", "catalogue": "compact:60"},
            "begins at position 1500",
        ),
        (
            {"rules": "exact", "human_goals": True},
            "no human goals; human_goals=True needs original files",
        ),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(arguments, sentence):
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(")):
        make(**arguments)


def test_an_unknown_argument_is_named():
    with pytest.raises(TypeError, match="max_steps"):
        make(max_steps=3)


@pytest.mark.parametrize("form", FORMS)
def test_contract(form):
    env = make(**FORMS[form])
    check_text_env(env, policy=expert_policy(env), episodes=2)


@pytest.mark.parametrize("form", FORMS)
def test_gymnasium_checker(form):
    check_env(make(**FORMS[form]))


def expert_policy(env):
    """A deterministic policy that wins: it finds its own environment's goal by the task's name."""
    answers = {}

    def act(observation, info):
        task = info["task_id"]
        if task not in answers:
            expert = WebShopEnv(**env.spec.kwargs)
            expert.reset(seed=0, options={"task_id": task})
            answers[task] = [
                turn.action for turn in ScriptedShopper(expert, random.Random(0)).play()
            ]
        return answers[task][min(info["turn"], len(answers[task]) - 1)]

    return act


class TestTasks:
    def test_splits_are_disjoint_by_product_and_together_are_all(self):
        products, names = {}, {}
        for split in ("train", "dev", "test"):
            env = make(split=split)
            tasks = range(env.num_tasks())
            names[split] = [env.task_id(i) for i in tasks]
            products[split] = {env._tasks.goal(i).asin for i in tasks}
        assert not products["train"] & products["dev"]
        assert not products["train"] & products["test"]
        assert not products["dev"] & products["test"]
        together = [name for split in names.values() for name in split]
        assert len(set(together)) == len(together)
        env = make(split="all")
        assert sorted(env.task_id(i) for i in range(env.num_tasks())) == sorted(together)

    @pytest.mark.parametrize("form", ["default", "exact", "compact"])
    def test_names_and_indexes_belong_together(self, form):
        env = make(**FORMS[form])
        for index in range(0, env.num_tasks(), 7):
            assert env.task_index(env.task_id(index)) == index

    @pytest.mark.parametrize(
        "name", ["", "webshop", "webshop:fixed:0:0:000001", "\ud800", "{own}x", "{own}", "{own}1"]
    )
    def test_a_wrong_name_is_refused(self, name):
        env = make(split="test")
        own = env.task_id(0).rpartition(":")[0] + ":"
        with pytest.raises(ValueError, match=r"is no task of|is not in this split"):
            env.task_index(name.replace("{own}", own))

    def test_a_task_of_another_split_is_refused(self):
        with pytest.raises(ValueError, match="is not in this split"):
            make(split="test").task_index(make(split="train").task_id(0))

    def test_difficulties_are_disjoint_and_add_up(self):
        whole = make(split="train").num_tasks()
        parts = [make(split="train", difficulty=d) for d in ("easy", "medium", "hard")]
        assert sum(part.num_tasks() for part in parts) == whole
        assert len({part.task_id(i) for part in parts for i in range(part.num_tasks())}) == whole
        wishes = [
            sum(part._tasks.goal(i).num_parts for i in range(part.num_tasks())) / part.num_tasks()
            for part in parts
        ]
        assert wishes == sorted(wishes)

    def test_the_seed_draws_tasks_and_nothing_else(self):
        env = make()
        drawn = {env.reset(seed=seed)[1]["task_id"] for seed in range(50)}
        assert len(drawn) > 40
        name = env.task_id(3)
        pages = {env.reset(seed=seed, options={"task_id": name})[0] for seed in range(5)}
        assert len(pages) == 1


class TestFixedRules:
    def test_prices_and_caps_belong_to_the_goal(self):
        env = make(split="all")
        again = WebShopEnv(split="test")
        tasks, prices = env._tasks, env._tasks.shop.price_of
        for index in range(0, len(tasks), 11):
            goal = tasks.goal(index)
            product = env.catalogue.index_of(goal.asin)
            assert min(env.catalogue.product(product).prices) <= prices(product)
            assert prices(product) <= max(env.catalogue.product(product).prices)
            assert prices(product) == round(prices(product), 2)
            assert goal.price_upper > prices(product)
        for index in range(len(again._tasks)):
            assert tasks.goal(env.task_index(again.task_id(index))) == again._tasks.goal(index)

    def test_caps_have_the_odds_of_the_original(self):
        env = make(split="all")
        steps = {2: 0, 3: 0, 4: 0}
        for index in range(env.num_tasks()):
            goal = env._tasks.goal(index)
            price = env._tasks.shop.price_of(env.catalogue.index_of(goal.asin))
            if price < 960:
                steps[round(goal.price_upper - price // 10 * 10) // 10] += 1
        total = sum(steps.values())
        for step, chance in ((2, 1 / 6), (3, 2 / 6), (4, 3 / 6)):
            assert abs(steps[step] / total - chance) < 0.03

    def test_another_shop_seed_draws_anew_for_the_same_wishes(self):
        first, second = make(split="test"), make(split="test", shop_seed=1)
        goals = [(first._tasks.goal(i), second._tasks.goal(i)) for i in range(first.num_tasks())]
        assert all(a.goal_options == b.goal_options and a.asin == b.asin for a, b in goals)
        assert any(a.price_upper != b.price_upper for a, b in goals)
        assert first.task_id(0) != second.task_id(0)

    def test_the_turn_limit_truncates(self):
        env = make()
        env.reset(seed=0)
        ends = [env.step("click[nothing]")[2:4] for _ in range(15)]
        assert ends == [(False, False)] * 14 + [(False, True)]

    def test_chosen_options_are_shown_and_part_of_the_state(self):
        env = make(split="all")
        index = next(i for i in range(env.num_tasks()) if env._tasks.goal(i).goal_options)
        env.reset(seed=0, options={"task_index": index})
        turns = ScriptedShopper(env, random.Random(0)).play()
        env.reset(seed=0, options={"task_index": index})
        *_, before = (env.step(turn.action) for turn in turns[:2])
        after = env.step(turns[2].action)
        assert "Selected: none" in before[0]
        assert f": {turns[2].action[6:-1]}" in after[0].split("Selected: ")[1]
        assert before[4]["state_key"] != after[4]["state_key"]

    def test_pages_can_be_cut_to_size(self):
        env = make(**FORMS["compact"])
        env.reset(seed=0)
        page, *_, info = env.step("search[tea]")
        assert len(env.session.results) == 3
        titles = [env.catalogue.product(i).title.split() for i in env.session.results]
        for title in titles:
            assert " ".join(title[:5]) in page
            assert " ".join(title[:6]) not in page or len(title) <= 5
        assert len(info["admissible_actions"]) == 2 + 3


class TestExactRules:
    def test_what_the_original_raises_on_is_an_invalid_action_that_does_nothing(self):
        env = make(**FORMS["exact"])
        first, _ = env.reset(seed=0)
        for action in ("search[<a> x]", "search[<c>]", "search[<r>", "search[]"):
            observation, reward, terminated, truncated, info = env.step(action)
            assert (observation, reward, terminated, truncated) == (first, 0.0, False, False)
            assert info["action_valid"] is False

    def test_random_results_follow_the_reset_seed_and_survive_a_snapshot(self):
        env, other = make(**FORMS["exact"]), make(**FORMS["exact"])
        env.reset(seed=4)
        first = env.step("search[<r>]")[0]
        state = env.snapshot()
        second = env.step("click[next >]")[0]
        other.reset(seed=4)
        assert other.step("search[<r>]")[0] == first
        other.reset(seed=9)
        other.restore(state)
        assert other.step("click[next >]")[0] == second
        fresh = make(**FORMS["exact"])
        fresh.reset(seed=5)
        assert fresh.step("search[<r>]")[0] != first

    def test_there_is_no_turn_limit(self):
        env = make(rules="exact", split="all")
        env.reset(seed=0)
        for _ in range(100):
            *_, truncated, _ = env.step("click[nothing]")
        assert not truncated

    def test_splits_are_positions(self):
        files = real_files()
        sizes = {}
        for split in ("test", "dev", "train", "all"):
            env = make(rules="exact", split=split, **files)
            sizes[split] = env.num_tasks()
            assert env.reset(options={"task_index": 3})[1]["task_id"] == env.task_id(3)
        assert sizes == {"test": 500, "dev": 1000, "train": 5410, "all": 6910}
        assert env.task_id(1500) == make(rules="exact", split="train", **files).task_id(0)

    def test_the_mini_catalogue_object_needs_all_nouns(self):
        with pytest.raises(LookupError, match="nouns in the title"):
            make(rules="exact", split="all", catalogue=mini_catalogue())
