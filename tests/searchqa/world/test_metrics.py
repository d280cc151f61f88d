"""Answer metrics: every recorded pair, and the repairs."""

import numpy as np
import pytest
from searchqa_envs import recorded

from t2po_gym.envs.searchqa.world import peer_metrics
from t2po_gym.envs.searchqa.world.metrics import (
    exact_match,
    gold_list,
    normalize,
    repaired_exact_match,
    repaired_f1,
    repaired_substring_match,
    substring_match,
    token_f1,
)

CASES = recorded("answer_metrics.json", "cases")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_recorded_pair(case):
    prediction, golds = case["prediction"], case["golden_answers"]
    each = gold_list(golds)
    assert normalize(prediction) == case["search_r1_normalized_prediction"]
    assert [normalize(gold) for gold in each] == case["search_r1_normalized_golds"]
    assert exact_match(prediction, golds) == case["search_r1_em"] == case["t2po_em"]
    assert substring_match(prediction, golds) == case["search_r1_subem"] == case["t2po_subem"]
    assert token_f1(prediction, golds)._asdict() == case["flashrag_f1"]
    without_rule = [token_f1(prediction, [gold], yes_no_rule=False).f1 for gold in each]
    assert without_rule == case["zerosearch_f1_per_gold"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_recorded_pair_as_r1_searcher_reads_it(case):
    prediction, each = case["prediction"], gold_list(case["golden_answers"])
    assert peer_metrics.normalize(prediction) == case["r1searcher_normalized"]
    for name, metric in (
        ("r1searcher_em_per_gold", peer_metrics.exact_match),
        ("r1searcher_cover_em1_per_gold", peer_metrics.cover_match),
        ("r1searcher_f1_per_gold", peer_metrics.f1),
    ):
        assert [metric(prediction, gold) for gold in each] == case[name]


def test_the_repairs_change_nothing_but_empty_texts():
    for case in CASES:
        prediction, golds = case["prediction"], case["golden_answers"]
        if normalize(prediction) and all(normalize(gold) for gold in gold_list(golds)):
            assert repaired_exact_match(prediction, golds) == exact_match(prediction, golds)
            assert repaired_substring_match(prediction, golds) == substring_match(prediction, golds)
            if not exact_match(prediction, golds):
                assert repaired_f1(prediction, golds) == token_f1(prediction, golds)


@pytest.mark.parametrize("prediction", ["", "  ", "the", "...", "A", "\n"])
@pytest.mark.parametrize("gold", ["A+", "The The", "*", "---", ")", "", "!!!"])
def test_an_answer_that_says_nothing_wins_nothing(prediction, gold):
    assert repaired_exact_match(prediction, gold) == 0
    assert repaired_f1(prediction, gold).f1 == 0.0


@pytest.mark.parametrize("gold", ["A+", "The The", "*", "---", ")", "!!!"])
def test_an_answer_of_signs_alone_can_be_given(gold):
    assert exact_match("", gold) == 1  # the published metric's hole
    assert repaired_exact_match(f" {gold.upper()} ", [gold]) == 1
    assert repaired_substring_match(f"it is {gold}", [gold]) == 1
    assert repaired_substring_match("nothing of the kind", [gold]) == 0
    assert repaired_f1(gold, [gold]).f1 == 1.0


@pytest.mark.parametrize("golds", ["Paris", ["Paris"], ("x", "Paris"), np.array(["x", "Paris"])])
def test_gold_answers_come_in_any_form(golds):
    assert exact_match("paris", golds) == repaired_exact_match("paris", golds) == 1
    assert exact_match("x y", golds) == repaired_exact_match("x y", golds) == 0


def test_best_f1_precision_and_recall_are_taken_apart():
    assert token_f1("a b c", ["b", "b c d e"]) == (2 * (2 / 2) * (2 / 4) / (1 + 2 / 4), 1.0, 1.0)
