"""`filter_goals`, `limit_goals` and `num_products`: which goals of which products are played."""

import json

import pytest
from webshop_envs import make, real_files
from webshop_golden import goal_as_json, golden, mini_with_nouns, real_catalogue

from t2po_gym import record, replay
from t2po_gym.envs.webshop.data.goals import exact_goal_table


def goals_of(env):
    return [env._tasks.goal(index) for index in range(env.num_tasks())]


def names_of(env):
    return [env.task_id(index) for index in range(env.num_tasks())]


def cheap(index, goal):
    return goal.price_upper < 60


class TestExact:
    """Against the lists that the original made with these arguments."""

    @pytest.mark.parametrize(
        ("key", "arguments"), [("limit_goals", {"limit_goals": 20}), ("filter", {})]
    )
    def test_lists_equal_the_recorded_ones(self, key, arguments):
        (case,) = (case for case in golden("mini_goals.json") if key in case)
        if key == "filter":
            assert case["filter"] == "price_upper<60"
            arguments = {"filter_goals": cheap}
        env = make(
            rules="exact",
            split="all",
            catalogue=mini_with_nouns(),
            shop_seed=case["seed_before_construct"],
            human_goals=case["human_goals"],
            **arguments,
        )
        assert [goal_as_json(goal) for goal in goals_of(env)] == case["goals"]
        assert len(set(names_of(env))) == case["n"]

    def test_filter_and_limit_together_are_the_originals(self):
        """The table that the golden lists check draws the same goals in the same order."""
        catalogue = mini_with_nouns()
        products = [catalogue.product(i) for i in range(len(catalogue))]
        table = exact_goal_table(products, None, 7, limit_goals=15, goal_filter=cheap)
        env = make(
            rules="exact",
            split="all",
            catalogue=catalogue,
            shop_seed=7,
            filter_goals=cheap,
            limit_goals=15,
        )
        assert goals_of(env) == list(table.goals)

    def test_a_split_is_cut_before_its_goals_are_selected(self):
        files = real_files()
        wish = {"filter_goals": {"category": "beauty"}}
        every = set(names_of(make(rules="exact", split="all", **wish, **files)))
        parts = [
            set(names_of(make(rules="exact", split=split, **wish, **files)))
            for split in ("test", "dev", "train")
        ]
        assert set.union(*parts) == every
        assert sum(map(len, parts)) == len(every)
        assert parts[0] <= set(names_of(make(rules="exact", split="test", **files)))


class TestMapping:
    @pytest.mark.parametrize(
        ("wish", "keeps"),
        [
            ({"category": "Beauty"}, lambda goal: goal.category == "beauty"),
            (
                {"category": ["beauty", "grocery"]},
                lambda goal: goal.category in ("beauty", "grocery"),
            ),
            (
                {"options": ["color", "size"]},
                lambda goal: {"color", "size"} <= {*goal.goal_options},
            ),
            ({"words": "THAN 50.00"}, lambda goal: "than 50.00" in goal.instruction_text),
            (
                {"words": ["color: b"], "category": "fashion"},
                lambda goal: goal.category == "fashion" and "color: b" in goal.instruction_text,
            ),
        ],
    )
    def test_keys(self, wish, keeps):
        whole, part = make(split="dev"), make(split="dev", filter_goals=wish)
        wanted = [goal for goal in goals_of(whole) if keeps(goal)]
        assert 0 < len(wanted) < whole.num_tasks()
        assert goals_of(part) == wanted

    def test_attributes_queries_and_products_of_a_goal_find_it(self):
        whole = make(split="dev")
        for index in range(0, whole.num_tasks(), 60):
            goal = whole._tasks.goal(index)
            wish = {"attributes": list(goal.attributes), "query": goal.query, "asin": goal.asin}
            env = make(split="dev", filter_goals=wish)
            assert whole.task_id(index) in names_of(env)
            assert {other.asin for other in goals_of(env)} == {goal.asin}

    def test_difficulty_is_that_of_the_argument(self):
        wish = {"difficulty": ["easy", "hard"]}
        chosen = set(names_of(make(split="dev", filter_goals=wish)))
        parts = [set(names_of(make(split="dev", difficulty=name))) for name in wish["difficulty"]]
        assert chosen == set.union(*parts)

    def test_human_goals_name_values(self):
        files = {"human_goals": True, "split": "all", **real_files()}
        value = next(goal.goal_options[0] for goal in goals_of(make(**files)) if goal.goal_options)
        found = goals_of(make(filter_goals={"options": value}, **files))
        assert found
        assert all(value in goal.goal_options for goal in found)


class TestLimit:
    def test_fixed_rules_keep_the_first_goals(self):
        whole = names_of(make(split="test"))
        assert names_of(make(split="test", limit_goals=7)) == whole[:7]
        beauty = names_of(make(split="test", filter_goals={"category": "beauty"}))
        both = make(split="test", filter_goals={"category": "beauty"}, limit_goals=7)
        assert names_of(both) == beauty[:7]

    def test_a_limit_that_excludes_nothing_changes_nothing(self):
        whole = make(split="test")
        for limit in (whole.num_tasks(), 10_000):
            assert make(split="test", limit_goals=limit).fingerprint == whole.fingerprint


class TestIdentity:
    def test_it_is_that_of_the_goals_kept_and_not_of_how_they_were_named(self):
        one = make(split="test", filter_goals={"category": "beauty"})
        two = make(split="test", filter_goals=lambda index, goal: goal.category == "beauty")
        other = make(split="test", filter_goals={"category": "grocery"})
        assert one.fingerprint == two.fingerprint
        assert len({make(split="test").fingerprint, one.fingerprint, other.fingerprint}) == 3
        one.reset(seed=3)
        state = one.snapshot()
        assert two.restore(state)[0] == one.observation
        with pytest.raises(ValueError, match="was taken with selected="):
            other.restore(state)

    def test_traces_need_a_filter_that_can_be_written_down(self):
        actions = ["search[tea]", "click[back to search]"]
        arguments = {"split": "test", "filter_goals": {"category": ["beauty"]}, "limit_goals": 5}
        trace = record(make(**arguments), actions, seed=1)
        assert trace.env_kwargs == json.loads(json.dumps(arguments))
        assert replay(trace) == trace
        with pytest.raises(ValueError, match="cannot be written as JSON"):
            record(make(filter_goals=cheap), actions, seed=1)

    def test_a_goal_that_was_not_kept_is_no_task(self):
        whole, part = make(split="test"), make(split="test", limit_goals=3)
        assert [part.task_index(whole.task_id(index)) for index in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="is not in this split"):
            part.task_index(whole.task_id(3))

    def test_environments_share_a_selection(self):
        arguments = {"split": "test", "filter_goals": {"category": "beauty"}}
        assert make(**arguments)._tasks is make(**arguments)._tasks


class TestNumProducts:
    def test_they_are_the_first_of_the_file(self):
        files = real_files()
        env = make(rules="exact", split="all", num_products=100, shop_seed=4, **files)
        whole = real_catalogue()
        products = [whole.product(index) for index in range(100)]
        assert len(env.catalogue) == 100
        assert goals_of(env) == list(exact_goal_table(products, None, 4).goals)
        env.reset(seed=0, options={"task_index": 0})
        env.step(f"search[{whole.product(500).title}]")
        assert env.session.total_results <= 50
        assert all(index < 100 for index in env.session.results)

    def test_another_number_is_another_catalogue(self):
        files = {"rules": "exact", "split": "all", **real_files()}
        made = [make(num_products=number, **files) for number in (100, 200, None)]
        assert len({env.catalogue.fingerprint for env in made}) == 3
