"""Similar anchors: every recorded pair and grouping; the shortcuts are never wrong."""

import random
import time
from difflib import SequenceMatcher

import pytest
from searchqa_envs import golden

from baselines.advantages.gigpo import anchor_groups
from baselines.advantages.similarity import SimilarityStats, similar, similar_anchor_groups


@pytest.fixture(scope="module")
def recorded():
    return golden("similarity_grouping.json")


def thresholds(pair):
    return {float(key.removeprefix("similar_")): key for key in pair if key.startswith("similar_")}


def test_recorded_pairs(recorded):
    assert recorded["pairs"]
    for pair in recorded["pairs"]:
        assert thresholds(pair)
        for threshold, key in thresholds(pair).items():
            assert similar(pair["a"], pair["b"], threshold) == pair[key], pair["note"]
            assert pair[key] == (pair["ratio"] >= threshold)


def test_recorded_groupings(recorded):
    assert recorded["groups"]
    for case in recorded["groups"]:
        labels = similar_anchor_groups(case["index"], case["anchors"], case["threshold"])
        assert labels.tolist() == case["labels"]


def test_the_bounds_settle_most_recorded_pairs(recorded):
    stats = SimilarityStats()
    for pair in recorded["pairs"]:
        similar_anchor_groups("gg", [pair["b"], pair["a"]], 0.9, stats)
    settled = stats.equal + stats.length_bound + stats.subsequence_bound
    different = sum(pair["a"] != pair["b"] for pair in recorded["pairs"])
    assert settled + stats.compared == different
    assert stats.compared <= 0.5 * different


def mutated(rng, text):
    """A text with some pieces moved, dropped or replaced."""
    letters = list(text)
    for _ in range(rng.randrange(6)):
        start = rng.randrange(len(letters) + 1)
        piece = letters[start : start + rng.randrange(40)]
        del letters[start : start + len(piece)]
        place = rng.randrange(len(letters) + 1)
        if rng.random() < 0.6:
            letters[place:place] = piece if rng.random() < 0.5 else rng.choices("ab é🙂", k=9)
    return "".join(letters)


@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.9, 0.95])
def test_shortcuts_agree_with_difflib(threshold):
    rng = random.Random(7)
    for length in (0, 1, 8, 60, 199, 200, 201, 500):
        for _ in range(12):
            first = "".join(rng.choices("abc defé ", k=length))
            other = mutated(rng, first)
            slow = SequenceMatcher(None, other, first).ratio() >= threshold
            assert similar(other, first, threshold) == slow, (first, other)


def test_grouping_is_the_one_of_the_plain_loop():
    rng = random.Random(5)
    bases = ["".join(rng.choices("abcdef ", k=300)) for _ in range(3)]
    anchors = [mutated(rng, rng.choice(bases)) for _ in range(40)] + ["", "", bases[0]]
    groups = [rng.choice("xy") for _ in anchors]
    for threshold in (0.5, 0.8, 0.9):
        assert (
            similar_anchor_groups(groups, anchors, threshold).tolist()
            == anchor_groups(groups, anchors, threshold).tolist()
        )


def test_wrong_input_is_named():
    for threshold in (0.0, 1.0, -1.0):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            similar_anchor_groups("ab", ["a", "b"], threshold)
    with pytest.raises(ValueError, match="groups has 1 rows but anchors has 2"):
        similar_anchor_groups("a", ["a", "b"], 0.9)
    with pytest.raises(TypeError, match="must be texts, got int"):
        similar_anchor_groups("a", [1], 0.9)


def test_pages_of_search_results_are_compared_in_microseconds(recorded):
    pages = [case["anchors"] for case in recorded["groups"] if case["threshold"] == 0.9]
    rows = [(str(n), anchor) for n, page in enumerate(pages) for anchor in page]
    started = time.process_time()
    for _ in range(5):
        similar_anchor_groups([group for group, _ in rows], [text for _, text in rows], 0.9)
    assert time.process_time() - started < 2.0
