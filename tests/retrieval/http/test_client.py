"""The HTTP client: pooled connections, time-outs, retries, typed errors; the retriever on it."""

import os
import pickle
import random
import socket
import threading
import time

import pytest
from searchqa_service import HANG_UP, running

from t2po_gym.retrieval.http.client import HttpClient, RetryPolicy, t2po_retries
from t2po_gym.retrieval.http.retriever import HttpRetriever
from t2po_gym.retrieval.protocol import (
    RetrievalError,
    RetrievalResponseError,
    RetrievalStatusError,
    RetrievalTimeout,
    RetrievalUnavailable,
)

ONCE = RetryPolicy(delays_s=())


def answering(*answers):
    """A service that gives these answers in turn, the last one again and again."""
    left = list(answers)
    return lambda path, body: left.pop(0) if len(left) > 1 else left[0]


def result(*contents, **more):
    found = [{"document": {"contents": text, **more}, "score": 2.0} for text in contents]
    return 200, {"result": [found]}


def test_one_connection_serves_many_requests():
    with running(answering((200, {"a": [1]}))) as service:
        client = HttpClient(service.url)
        assert [client.post({"q": n}) for n in range(20)] == [{"a": [1]}] * 20
        assert service.connections == 1
        assert [request["body"] for request in service.requests] == [{"q": n} for n in range(20)]
        client.close()
        client.post({})
        assert service.connections == 2


def test_threads_share_the_pool():
    with running(answering((200, "x" * 200_000))) as service:
        client = HttpClient(service.url)
        lengths = []

        def work():
            lengths.extend(len(client.post({})) for _ in range(10))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert lengths == [200_000] * 40
        assert service.connections <= 4


def test_an_idle_connection_that_was_closed_is_replaced_without_a_retry():
    hang = {"up": False}

    def respond(path, body):
        if hang["up"]:
            hang["up"] = False
            return HANG_UP, b""
        return 200, {}

    with running(respond) as service:
        client = HttpClient(service.url, retry=ONCE)
        client.post({})
        hang["up"] = True
        assert client.post({}) == {}
        assert service.connections == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_service_is_asked_again(status):
    waited = []
    with running(answering((status, {}), (status, {}), (200, [7]))) as service:
        policy = RetryPolicy(delays_s=(1.0, 2.0, 4.0), jitter=0.5)
        client = HttpClient(service.url, retry=policy, rng=random.Random(3), sleep=waited.append)
        assert client.post({}) == [7]
        assert len(service.requests) == 3
    again = random.Random(3)
    assert waited == [1.0 * (1 - 0.5 * again.random()), 2.0 * (1 - 0.5 * again.random())]


def test_the_last_failure_is_told():
    with running(answering((503, {"why": "tired"}))) as service:
        client = HttpClient(service.url, retry=RetryPolicy(delays_s=(0.0, 0.0)))
        with pytest.raises(RetrievalStatusError, match=r"status 503 .*tired") as caught:
            client.post({})
        assert (caught.value.status, caught.value.attempts) == (503, 3)
        assert caught.value.url == service.url
        assert len(service.requests) == 3


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_refused_request_is_not_repeated(status):
    with running(answering((status, {}))) as service:
        with pytest.raises(RetrievalStatusError) as caught:
            HttpClient(service.url).post({})
        assert caught.value.status == status
        assert len(service.requests) == 1


def test_an_answer_that_is_not_json():
    for body in (b"<html>", b"", b"\xff\xfe"):
        with running(answering((200, body))) as service:
            with pytest.raises(RetrievalResponseError, match="other than JSON"):
                HttpClient(service.url).post({})
            assert len(service.requests) == 1


def test_a_service_that_hangs_up():
    with running(answering((HANG_UP, b""))) as service:
        client = HttpClient(service.url, retry=RetryPolicy(delays_s=(0.0,)))
        with pytest.raises(RetrievalUnavailable, match="could not be reached in 2 attempts"):
            client.post({})
        assert len(service.requests) == 2


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RetrievalUnavailable, match="start the service or correct the address"):
        HttpClient(url, retry=ONCE).post({})


def serve_bytes(pieces, pause):
    """A listener that sends pieces of bytes with pauses between; returns it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                time.sleep(pause)

    threading.Thread(target=work, daemon=True).start()
    return listener


@pytest.mark.parametrize(
    "pieces", [[b""] * 40, [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 40]]
)
def test_a_slow_service_runs_into_the_time_out_even_if_it_trickles(pieces):
    with serve_bytes(pieces, 0.05) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(RetrievalTimeout, match=r"within 0\.3 s"):
            HttpClient(url, timeout_s=0.3, retry=ONCE).post({})
        assert time.monotonic() - started < 1.5


def test_an_answer_cut_short_is_an_error():
    with serve_bytes([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"], 0.0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(RetrievalUnavailable):
            HttpClient(url, retry=ONCE).post({})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_opens_its_own_connections():
    with running(answering((200, {}))) as service:
        client = HttpClient(service.url)
        client.post({})
        child = os.fork()
        if child == 0:
            try:
                client.post({"who": "child"})
            except RetrievalError:
                os._exit(1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        client.post({"who": "parent"})
        assert service.connections == 2


def test_a_client_can_be_sent_to_another_process():
    with running(answering((200, [1]))) as service:
        client = HttpClient(service.url, timeout_s=3.0)
        client.post({})
        assert pickle.loads(pickle.dumps(client)).post({}) == [1]


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://x/y", "http://", "file:///etc"])
def test_an_address_is_checked(url):
    with pytest.raises(ValueError, match="is no address"):
        HttpClient(url)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://h:1", "http://h:1/retrieve"),
        ("http://h:1/", "http://h:1/retrieve"),
        ("https://h/a/b?c=d", "https://h/a/b?c=d"),
    ],
)
def test_the_path_is_retrieve_unless_named(url, asked):
    assert HttpClient(url).url == asked


def test_settings_are_checked():
    with pytest.raises(ValueError, match="timeout_s must be above 0"):
        HttpClient("http://h", timeout_s=0)
    with pytest.raises(ValueError, match="jitter must be a share"):
        RetryPolicy(jitter=2.0)
    with pytest.raises(ValueError, match="must not be negative"):
        RetryPolicy(delays_s=(-1.0,))
    assert t2po_retries().delays_s == tuple(map(float, range(1, 10)))


def test_retriever_sends_all_queries_at_once():
    def respond(path, body):
        return 200, {"result": [result(query)[1]["result"][0] for query in body["queries"]]}

    with running(respond) as service:
        retriever = HttpRetriever(service.url, dialect="search-r1")
        found = retriever.search(["a", "b", "a"], 2)
        assert len(service.requests) == 1
        assert service.requests[0]["headers"] == {
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        assert [hits[0].index for hits in found] == [0, 1, 0]
        assert retriever.document(1).contents == "b"
        assert retriever.search([], 2) == []


def test_retriever_reads_titles_ids_and_scores():
    with running(answering(result('"A ""b"""\ntext\nmore', "plain"))) as service:
        retriever = HttpRetriever(service.url)
        (hits,) = retriever.search(["x"], 5)
        first, second = (retriever.document(hit.index) for hit in hits)
        assert (first.title, first.text) == ('A ""b""', "text\nmore")
        assert (second.title, second.text) == ("", "plain")
        assert len(first.id) == 16
        assert hits[0].score == 2.0
    with running(answering(result("c", id=5, title="t", text="x"))) as service:
        retriever = HttpRetriever(service.url)
        retriever.search(["x"], 5)
        assert retriever.document(0) == ("5", "t", "x", "c")


def test_retriever_gives_at_most_k():
    with running(answering(result("a", "b", "c"))) as service:
        assert len(HttpRetriever(service.url).search(["x"], 2)[0]) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        None,
        {"result": 3},
        {"result": [[{"contents": "x"}]]},
        {"result": [[{"document": {"contents": 5}}]]},
        {"result": [[{"document": {"contents": "x"}, "score": "high"}]]},
        {"result": [[], []]},
    ],
)
def test_retriever_refuses_unknown_answers(answer):
    with running(answering((200, answer))) as service, pytest.raises(RetrievalResponseError):
        HttpRetriever(service.url, dialect="t2po").search(["x"], 1)


def test_no_list_for_one_query_is_nothing_found():
    with running(answering((200, {"result": []}))) as service:
        assert HttpRetriever(service.url).search(["x"], 1) == [[]]


def test_old_documents_are_forgotten():
    def respond(path, body):
        return result(*(f"{query}" for query in body["queries"]))

    with running(respond) as service:
        retriever = HttpRetriever(service.url, documents_kept=2)
        for query in ("a", "b", "a", "c"):
            retriever.search([query], 1)
        assert retriever.document(0).contents == "a"
        assert retriever.document(2).contents == "c"
        with pytest.raises(IndexError, match="search again"):
            retriever.document(1)


def test_fingerprints_come_from_the_service():
    told = {"index_fingerprint": "i", "corpus_fingerprint": "c"}
    with running(lambda path, body: (200, told)) as service:
        retriever = HttpRetriever(service.url)
        assert (retriever.fingerprint, retriever.corpus_fingerprint) == ("i", "c")
        assert len(service.requests) == 1
    with running(lambda path, body: (404, {})) as service:
        assert HttpRetriever(service.url).fingerprint == "unknown"


def test_retriever_settings_are_checked():
    with pytest.raises(ValueError, match="dialect must be one of auto, search-r1, t2po"):
        HttpRetriever("http://h", dialect="other")
    with pytest.raises(ValueError, match="documents_kept must be at least 1"):
        HttpRetriever("http://h", documents_kept=0)
    copy = pickle.loads(pickle.dumps(HttpRetriever("http://h:1", dialect="t2po")))
    assert copy.client.url == "http://h:1/retrieve"
