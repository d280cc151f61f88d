"""Scores of whole texts: every recorded text, and long hostile ones."""

import time

import pytest
from searchqa_envs import golden, recorded

from t2po_gym.envs.searchqa.world.metrics import substring_match
from t2po_gym.envs.searchqa.world.solution_scores import (
    SEARCH_R1_BLOCKS,
    FormatWeights,
    check_format,
    extract_answer,
    format_reward,
    graded,
    information_blocks,
    retrieval_correct,
    score_solution,
)

TEXTS = recorded("extract_and_score.json", "cases")
FORMATTED = recorded("format_reward.json", "cases")


def test_there_are_recorded_texts():
    assert golden("extract_and_score.json")["cases"] == TEXTS != []
    assert golden("format_reward.json")["cases"] == FORMATTED != []


@pytest.mark.parametrize("case", TEXTS, ids=range(len(TEXTS)))
def test_recorded_extraction_and_score(case):
    text, golds = case["solution"], case["ground_truth"]["target"]
    for name, blocks in (("search_r1", SEARCH_R1_BLOCKS), ("t2po", 1)):
        assert extract_answer(text, blocks) == case[f"{name}_extract"]
        exact = "search_r1_em" if name == "search_r1" else "t2po_score"
        assert score_solution(text, golds, min_blocks=blocks) == case[exact]
        with_format = f"{'search_r1_em' if name == 'search_r1' else 't2po_score'}_format"
        with_format += "_score_0.1" if name == "search_r1" else "_0.1"
        assert score_solution(text, golds, min_blocks=blocks, format_score=0.1) == case[with_format]
        assert (
            score_solution(text, golds, min_blocks=blocks, metric=substring_match)
            == case[f"{name}_subem"]
        )


@pytest.mark.parametrize("case", FORMATTED, ids=lambda case: f"{case['name']} {case['variant']}")
def test_recorded_format(case):
    text, golds = case["solution"], case["ground_truth"]["target"]
    assert check_format(text) == (case["valid"], case["reason"])
    assert information_blocks(text) == case["information_blocks"]
    assert retrieval_correct(text, golds) == case["retrieval_correct"]
    assert extract_answer(text, SEARCH_R1_BLOCKS) == case["extract"]
    nothing = FormatWeights(structure=0.0, final=0.0)
    assert format_reward(text, golds, nothing) == case["score_defaults"]
    assert format_reward(text, golds) == case["score_v0.3 (0.2,0.1,0)"]
    with_retrieval = FormatWeights(retrieval=0.1)
    assert format_reward(text, golds, with_retrieval) == case["score (0.2,0.1,0.1)"]


def test_answer_and_form_are_weighed():
    assert graded(True, True, True) == 1.0
    assert graded(True, True, False) == 0.8
    assert graded(True, False, True) == 0.2
    assert graded(True, False, False) == 0.1
    assert graded(False, False, False) == 0.0


@pytest.mark.parametrize("piece", ["<answer>", "</answer>", "<think>", "<information>", "<", "a "])
def test_long_texts_take_linear_time(piece):
    text = "<|im_start|>assistant" + piece * 100_000
    started = time.process_time()
    extract_answer(text)
    check_format(text)
    information_blocks(text)
    assert time.process_time() - started < 2.0
