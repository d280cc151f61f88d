"""T2PO's environment manager against a loopback service: every recorded episode, step by step."""

import json
import re

import pytest
from searchqa_envs import golden, recorded
from searchqa_service import HANG_UP, running

from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.envs.searchqa.originals import t2po
from t2po_gym.envs.searchqa.originals.verl_agent import (
    SearchConfig,
    VerlAgentSearch,
    service_lookup,
)
from t2po_gym.retrieval.http.client import HttpClient, RetryPolicy, t2po_retries

EPISODES = recorded("t2po_episodes.json", "episodes")
REQUEST_ID = re.compile(r"(?<=Request ID: )[0-9a-f-]{36}")
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=port=)\d+")
UNREACHABLE = re.compile(
    r"(Connection Error|Timeout Error): .*?(?=\"\}</information>|$)", re.DOTALL
)
DOCUMENT = re.compile(r"^Doc \d+: ", re.MULTILINE)


def masked(text):
    """A text without what is random in it, or up to the operating system."""
    return UNREACHABLE.sub(r"\1", PORT.sub("PORT", REQUEST_ID.sub("ID", text)))


def items(contents):
    return [{"document": {"contents": one}, "score": 1.0} for one in contents]


def documents_of(text):
    return items(part.removesuffix("\n") for part in DOCUMENT.split(text)[1:])


def answer_that_led_to(anchor):
    """What the service must have answered, for queries that the documents do not list."""
    text = json.loads(anchor.removeprefix("<information>").removesuffix("</information>"))["result"]
    if text == "No search results found.":
        return 200, {"result": []}
    if text.startswith("Unknown API state"):
        return 200, {}
    odd = re.fullmatch(r"Error processing search results: '(\w+)'", text)
    if odd:
        return 200, {"result": [[{"contents": "x"} if odd[1] == "document" else {"document": {}}]]}
    status = re.search(r"Server Error \((\d+)\)|(\d+) (?:Client|Server) Error", text)
    if status:
        return int(status[1] or status[2]), {}
    if "Expecting value" in text:
        return 200, b"not json"
    if UNREACHABLE.search(text):
        return HANG_UP, b""
    return 200, {"result": [documents_of(part) for part in text.split("\n---\n")]}


def responder(episode):
    """A service that answers as the one of the recording did."""
    anchors = {
        request["body"]["query"]: step["anchor"]
        for step in episode["steps"]
        for request in step["requests"]
    }

    documents = golden("t2po_episodes.json")["retrieval_documents"]

    def respond(path, body):
        known = documents.get(body["query"].lower())
        if known is None:
            return answer_that_led_to(anchors[body["query"]])
        return 200, {"result": [items([contents for contents, _ in known])[: body["topk"]]]}

    return respond


def patient(url):
    """The original's client, but for its waiting."""
    retry = t2po_retries()
    quick = RetryPolicy(delays_s=retry.delays_s, jitter=retry.jitter, statuses=retry.statuses)
    return HttpClient(url, retry=quick, sleep=lambda seconds: None)


def unrepeated(requests):
    """Requests without those that merely repeat the one before (further attempts)."""
    return [one for n, one in enumerate(requests) if n == 0 or one != requests[n - 1]]


def test_there_are_recorded_episodes():
    assert golden("t2po_episodes.json")["episodes"] == EPISODES != []


@pytest.mark.parametrize("episode", EPISODES, ids=lambda episode: episode["name"])
def test_recorded_episode(episode):
    row = {
        "question": episode["question"],
        "ground_truth": {"target": episode["golds"]},
        "data_source": episode["reset"]["info"]["data_source"],
    }
    config = SearchConfig(max_steps=episode["max_steps"], history_length=episode["history_length"])
    with running(responder(episode)) as service:
        manager = VerlAgentSearch(service_lookup(patient(service.url)), config)
        observations, infos = manager.reset([row])
        assert observations["text"] == [episode["reset"]["text"]]
        assert observations["anchor"] == [episode["reset"]["anchor"]]
        assert infos == [episode["reset"]["info"]]
        for step in episode["steps"]:
            service.requests.clear()
            observations, rewards, dones, infos = manager.step([step["action"]])
            assert masked(observations["anchor"][0]) == masked(step["anchor"])
            assert masked(observations["text"][0]) == masked(step["text"])
            assert rewards.tolist() == [step["reward"]]
            assert dones.tolist() == [step["done"]]
            assert infos == [step["info"]]
            assert unrepeated(service.requests) == unrepeated(step["requests"])


@pytest.mark.parametrize("episode", EPISODES, ids=lambda episode: episode["name"])
def test_recorded_prompts_by_the_template(episode):
    """The same prompts come out of the template for single environments."""
    builder = PromptBuilder(
        template=t2po.T2poTemplate(),
        history_length=episode["history_length"],
        list_actions=False,
        max_chars=10**6,
    )
    task = builder.template.task(episode["reset"]["anchor"])
    past, seen = [], episode["reset"]["anchor"]
    assert builder.build(task, past, seen, {}).text == episode["reset"]["text"]
    for number, step in enumerate(episode["steps"], start=1):
        action = step["info"]["postprocessed_action"]
        past.append(PastTurn(number=number, observation=seen, action=action))
        seen = step["anchor"]
        assert builder.build(task, past, seen, {}).text == step["text"]


def test_a_batch_is_its_episodes():
    rows = [{"question": f"q{n}", "ground_truth": "x", "data_source": "nq"} for n in range(3)]
    manager = VerlAgentSearch(lambda query: f"about {query}")
    manager.reset(rows)
    observations, rewards, dones, infos = manager.step(
        ["<search>a</search>", "<answer>X</answer>", "nothing"]
    )
    assert observations["anchor"] == ['<information>{"result": "about a"}</information>', "", ""]
    assert rewards.tolist() == [0.0, 1.0, 0.0]
    assert dones.tolist() == [False, True, False]
    assert [info["is_action_valid"] for info in infos] == [1, 1, 0]
    with pytest.raises(ValueError, match="one reply for each of the 3 episodes"):
        manager.step(["a"])


@pytest.mark.parametrize("wrong", [{"max_steps": 0}, {"history_length": -1}])
def test_limits_are_checked(wrong):
    with pytest.raises(ValueError, match="max_steps must be at least 1"):
        SearchConfig(**wrong)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, "API Request Error: 404 Client Error: Not Found for url: http://127.0.0.1:"),
        (500, "API Request Error: Server Error (500) on attempt 10/10"),
        (HANG_UP, "Connection Error: "),
    ],
)
def test_a_failing_service_is_text_as_in_the_original(status, text):
    with running(lambda path, body: (status, b"")) as service:
        found = service_lookup(patient(service.url))("x")
        assert len(service.requests) == (1 if status == 404 else 10)
    assert re.fullmatch(
        r"Search error: \[Search Request ID: [0-9a-f-]{36}\] " + re.escape(text) + ".*", found
    )
