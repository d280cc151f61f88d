"""The search service: every recorded request of both originals, one path for both, its limits."""

import json
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from searchqa_envs import golden, make, recorded, tiny_world
from threads import in_threads

from t2po_gym.retrieval.http.client import HttpClient, RetryPolicy
from t2po_gym.retrieval.http.retriever import HttpRetriever
from t2po_gym.retrieval.protocol import Hit, RetrievalStatusError

uvicorn = pytest.importorskip("uvicorn", reason="needs the extra 'serve'")
pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from t2po_gym.cli.serve.retrieval import add_arguments, retrieval_app  # noqa: E402
from t2po_gym.retrieval.http.server import ServerSettings, create_app  # noqa: E402

DOCUMENTS = recorded("http_api.json", "documents") or [
    {"id": str(n), "contents": f'"T{n}"\ntext'} for n in range(4)
]
DIALECTS = ("search_r1", "t2po")
CASES = [(dialect, case) for dialect in DIALECTS for case in recorded("http_api.json", dialect)]


class Stub:
    """The recording's retriever: its documents in order, whatever is asked."""

    fingerprint = "stub"

    def search(self, queries, k):
        scores = recorded("http_api.json", "scores") or [0.9, 0.8, 0.5, 0.2]
        return [[Hit(n, score) for n, score in enumerate(scores[:k])] for _ in queries]


def stub_app(**settings):
    return create_app(Stub(), DOCUMENTS.__getitem__, ServerSettings(**settings))


@contextmanager
def serving(app):
    """Run an app on a free port of this machine; yields its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.005)
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def address():
    with serving(stub_app()) as at:
        yield at


@pytest.fixture(scope="module")
def strict():
    """A service with small limits."""
    with serving(stub_app(max_k=50, max_queries=8, max_query_chars=100, max_body_bytes=5000)) as at:
        yield at


@pytest.fixture(scope="module", params=DIALECTS)
def original(request):
    """One original's dialect alone, and its name in the recording."""
    with serving(stub_app(dialect=request.param.replace("_", "-"))) as at:
        yield request.param, at


def ask(url, request):
    """Send a recorded request; returns status and decoded body."""
    if isinstance(request, str):
        method, path = request.split()
        asked = urllib.request.Request(url + path, method=method)
    else:
        data = request if isinstance(request, bytes) else json.dumps(request).encode()
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"{url}/retrieve", data, headers)
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return error.code, json.loads(text) if text.startswith(("{", "[")) else text


def test_there_are_recorded_requests():
    assert all(golden("http_api.json")[dialect] for dialect in DIALECTS)


def test_recorded_requests_in_one_original_s_dialect(original):
    name, url = original
    for case in golden("http_api.json")[name]:
        status, body = ask(url, case["request"])
        assert status == case["status"], case
        if "response" in case:
            assert body == case["response"], case


@pytest.mark.parametrize(("dialect", "case"), CASES, ids=lambda value: str(value)[:60])
def test_recorded_requests_on_the_common_path(address, dialect, case):
    """What either original accepts is accepted here, with the same answer; the rest is refused."""
    request = case["request"]
    status, body = ask(address, request)
    if request == "GET /health":
        assert (status, body["status"]) == (200, "ok")
        return
    answers = {
        (one["status"], json.dumps(one.get("response")))
        for _, one in CASES
        if one["request"] == request
    }
    good = [json.loads(text) for code, text in answers if code == 200]
    if good:
        assert (status, body) == (200, good[0])
    elif any(code == 500 for code, _ in answers):  # the original's fault is repaired
        assert status == 200
        assert [len(found) for found in body["result"]] == [3] * len(request["queries"])
    else:
        assert status in {code for code, _ in answers}


def test_two_queries_without_scores_under_search_r1_alone():
    with serving(stub_app(dialect="search-r1")) as url:
        status, body = ask(url, {"queries": ["a", "b"], "topk": 2})
        assert (status, body) == (200, {"result": DOCUMENTS[:2]})
        assert ask(url, {"queries": []}) == (500, "Internal Server Error")


def test_without_scores_the_documents_stand_bare(address):
    status, body = ask(address, {"queries": ["a", "b", "c"], "topk": 1})
    assert (status, body) == (200, {"result": [[DOCUMENTS[0]]] * 3})


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({}, "either"),
        ({"query": "a", "queries": ["a"]}, "either"),
        ({"query": "a", "topk": 51}, "at most 50"),
        ({"query": "a", "topk": -1}, "greater than or equal to 0"),
        ({"queries": ["a"] * 9}, "at most 8"),
        ({"query": "x" * 101}, "at most 100"),
        ({"queries": [1]}, "valid string"),
        ([1], "valid dictionary"),
    ],
)
def test_limits(strict, request_, sentence):
    status, body = ask(strict, request_)
    assert status == 422
    assert sentence in json.dumps(body)


def test_a_long_request_is_refused_unread(strict):
    status, body = ask(strict, {"query": "x" * 6000})
    assert (status, "at most 5000 bytes" in body["detail"]) == (413, True)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 4000, b"null"])
def test_bodies_that_are_no_requests(strict, body):
    assert ask(strict, body)[0] in (400, 422)


def test_surrogates_and_odd_letters_do_no_harm(address):
    assert ask(address, {"query": "\ud800 é 日本 \x00"})[0] == 200
    assert ask(address, {"query": ["\ud800"]})[0] == 422


@pytest.mark.parametrize("wrong", [{"default_k": 0}, {"max_k": 0}, {"default_k": 9, "max_k": 3}])
def test_settings_are_checked(wrong):
    with pytest.raises(ValueError, match=r"must be at least 1|is above max_k"):
        ServerSettings(**wrong)
    with pytest.raises(ValueError, match="dialect must be one of"):
        ServerSettings(dialect="other")


def test_many_clients_at_once(address):
    wrong = []

    def work():
        retriever = HttpRetriever(address)
        for _ in range(10):
            if len(retriever.search(["a", "b"], 3)[1]) != 3:
                wrong.append(1)

    in_threads(work, 4)
    assert not wrong


def test_an_environment_through_the_service_plays_as_one_within_the_process():
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    arguments = parser.parse_args(["--corpus", "default", "--max-k", "5"])
    with serving(retrieval_app(arguments)) as url:
        near, far = (
            make(corpus=corpus, questions="default", split="test", hops=2)
            for corpus in ("default", url)
        )
        assert near.reset(seed=4) == far.reset(seed=4)
        for action in ("search[the town of the university]", "search[river]", "answer[x]"):
            assert near.step(action) == far.step(action)
        assert len(far.world.corpus) == len(near.world.corpus) == 10_000
        client = HttpClient(url, retry=RetryPolicy(delays_s=()))
        with pytest.raises(RetrievalStatusError, match="at most 5 passages"):
            client.post({"query": "a", "topk": 6})


def test_the_tiny_world_is_not_the_default_one():
    assert len(tiny_world()["corpus"]) == 8
