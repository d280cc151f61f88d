"""Search results as text: every recorded rendering, and Search-R1's environment step."""

import pytest
from searchqa_envs import golden, recorded

from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.originals import search_r1, t2po
from t2po_gym.envs.searchqa.originals.dialects import SearchR1Episode
from t2po_gym.envs.searchqa.tasks import RemotePassage
from t2po_gym.envs.searchqa.world.episode import EpisodeSettings

RENDERED = recorded("observations.json", "rendering")
STEPS = recorded("observations.json", "search_r1_step")


def passage(contents):
    """A passage that looks exactly like this."""
    made = RemotePassage(contents, "", contents)
    made.sent = contents
    return made


def find(query):
    found = golden("t2po_episodes.json")["retrieval_documents"][query.strip().lower()][:3]
    return [passage(contents) for contents, _ in found]


def test_there_are_recordings():
    assert golden("observations.json")["rendering"] == RENDERED != []
    assert golden("observations.json")["search_r1_step"] == STEPS != []


@pytest.mark.parametrize("case", RENDERED, ids=lambda case: str(case["documents"])[:40])
def test_recorded_rendering(case):
    documents = case["documents"]
    assert search_r1.passages_text(documents) == case["search_r1_passages_string"]
    assert t2po.passages_text(documents) == case["t2po_passages_string"]
    answer = {"result": [[{"document": {"contents": text}, "score": 1.0} for text in documents]]}
    assert t2po.response_text(answer) == case["t2po_passages_string"]


def episode(max_turns):
    question = Question(id="q", text="what is the capital of France?", answers=("Paris",))
    return SearchR1Episode(question, find, EpisodeSettings(max_turns=max_turns))


@pytest.mark.parametrize("case", STEPS, ids=lambda case: case["action"])
def test_recorded_step_of_search_r1(case):
    played = episode(max_turns=5)
    observation, valid = played.act(case["action"])
    assert observation == case["observation"]
    assert played.over == bool(case["done"])
    assert valid == bool(case["valid"])
    assert bool(played.searches) == bool(case["is_search"])
    last = episode(max_turns=1)
    assert last.act(case["action"]).observation == case["final_turn_observation"]
    assert last.searches == 0


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ({"result": []}, "No search results found."),
        ({"result": None}, "No search results found."),
        ({"x": 1}, "No search results found."),
        ({"result": [[]]}, ""),
        ({"result": [[{"contents": "x"}]]}, "Error processing search results: 'document'"),
        ({"result": [[{"document": {}}]]}, "Error processing search results: 'contents'"),
        ({}, "Unknown API state (no response and no error message)."),
        (None, "Unknown API state (no response and no error message)."),
    ],
)
def test_odd_answers_of_a_service(response, text):
    assert t2po.response_text(response) == text


@pytest.mark.parametrize(
    "response", [[1], "text", {"result": 3}, {"result": [3]}, {"result": "ab"}]
)
def test_answers_that_make_no_sense(response):
    assert t2po.response_text(response).startswith("Error processing search results: ")
