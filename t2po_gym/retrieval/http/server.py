"""A search service: any retriever behind ``POST /retrieve``, in both published dialects.

A list of queries is Search-R1's dialect; a single query is that of SkyRL, verl-agent and T2PO:

    {"queries": ["a", "b"], "topk": 3, "return_scores": true}
    {"query": "a", "topk": 3, "return_scores": true}

The response is ``{"result": [[{"document": {...}, "score": 1.5}, ...], ...]}``, one list per query;
without ``return_scores`` the lists contain bare documents. ``GET /health`` names corpus and index.
Searches run in worker threads, so a slow one does not block the others.

Needs the extra ``serve`` (FastAPI, uvicorn).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from t2po_gym.retrieval.http.limits import BodyLimit
from t2po_gym.retrieval.protocol import Retriever

try:
    from fastapi import FastAPI, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse, PlainTextResponse, Response
except ImportError as error:
    raise ImportError(
        "The retrieval server needs FastAPI and uvicorn; install them with: "
        "pip install 't2po-gym[serve]'"
    ) from error

__all__ = ["ServerSettings", "create_app"]

ServerDialect = Literal["both", "search-r1", "t2po"]
SERVER_DIALECTS = ("both", "search-r1", "t2po")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Limits of a service.

    Example: ``ServerSettings(default_k=3, max_k=50)``
    """

    default_k: int = 3
    """Passages if a request names no number, or 0."""

    max_k: int = 100
    """Maximum passages per query; a request for more is rejected."""

    max_queries: int = 1024
    """Maximum queries per request."""

    max_query_chars: int = 20_000
    """Maximum query length."""

    max_body_bytes: int = 4 * 1024 * 1024
    """Maximum request size; larger ones are rejected before they are read."""

    dialect: ServerDialect = "both"
    """``both``, or one of the originals, which rejects the other's requests and keeps its faults
    (for testing clients)."""

    def __post_init__(self) -> None:
        for name in ("default_k", "max_k", "max_queries", "max_query_chars", "max_body_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}.")
        if self.default_k > self.max_k:
            raise ValueError(f"default_k {self.default_k} is above max_k {self.max_k}.")
        if self.dialect not in SERVER_DIALECTS:
            raise ValueError(
                f"dialect must be one of {', '.join(SERVER_DIALECTS)}; got {self.dialect!r}."
            )


TopK = Annotated[int | None, Field(ge=0)]


class ManyQueries(BaseModel):
    """Search-R1's request."""

    queries: list[str]
    topk: TopK = None
    return_scores: bool = False


class OneQuery(BaseModel):
    """SkyRL's, verl-agent's and T2PO's request."""

    query: str
    topk: TopK = None
    return_scores: bool = False


class AnyRequest(BaseModel):
    """Either request; exactly one of the two fields must be present."""

    queries: list[str] = Field(default_factory=list)
    query: str = ""
    topk: TopK = None
    return_scores: bool = False


class AsciiResponse(JSONResponse):
    """A JSON response in ASCII, so that lone surrogates in a text cannot break the encoding."""

    def render(self, content: Any) -> bytes:
        """Encode the content."""
        return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode("ascii")


class RefusedError(ValueError):
    """A request outside the limits; the message says which."""


class _Service:
    """State shared by the routes of one app."""

    def __init__(
        self,
        retriever: Retriever,
        document_of: Callable[[int], Mapping[str, Any]],
        settings: ServerSettings,
    ) -> None:
        self.retriever = retriever
        self.document_of = document_of
        self.settings = settings

    def answer(self, queries: Sequence[str], topk: int | None, scores: bool) -> Response:
        return AsciiResponse({"result": self.lists(queries, topk, scores)})

    def lists(self, queries: Sequence[str], topk: int | None, scores: bool) -> list[list[Any]]:
        limits = self.settings
        k = topk or limits.default_k
        if k > limits.max_k:
            raise RefusedError(f"topk is {k}; this service gives at most {limits.max_k} passages.")
        if len(queries) > limits.max_queries:
            raise RefusedError(
                f"{len(queries)} queries; send at most {limits.max_queries} at once."
            )
        longest = max(map(len, queries), default=0)
        if longest > limits.max_query_chars:
            raise RefusedError(
                f"A query has {longest} characters; send at most {limits.max_query_chars}."
            )
        found = self.retriever.search(queries, k) if queries else []
        return [[self.item(hit.index, hit.score, scores) for hit in hits] for hits in found]

    def item(self, index: int, score: float, with_score: bool) -> Mapping[str, Any]:
        document = self.document_of(index)
        return {"document": document, "score": score} if with_score else document

    def original_search_r1(self, request: ManyQueries) -> Response:
        """Respond as Search-R1's app: without scores it fails, or answers only one of two."""
        if request.return_scores:
            return self.answer(request.queries, request.topk, True)
        lists = self.lists(request.queries, request.topk, False)
        if len(lists) != 2:
            return PlainTextResponse("Internal Server Error", status_code=500)
        return AsciiResponse({"result": lists[0]})


def create_app(
    retriever: Retriever,
    document_of: Callable[[int], Mapping[str, Any]],
    settings: ServerSettings | None = None,
    *,
    health: Mapping[str, Any] | None = None,
) -> FastAPI:
    """Build the service.

    Args:
        retriever: answers the queries; called from several threads.
        document_of: maps a hit's number to the JSON-able document to send; it must have
            ``contents``.
        settings: limits.
        health: what ``/health`` reports besides ``status`` and ``index_fingerprint``.
    """
    settings = settings or ServerSettings()
    service = _Service(retriever, document_of, settings)
    app = FastAPI(title="T2PO Gym retrieval", default_response_class=AsciiResponse)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, refusal=_too_long)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    _add_retrieve(app, service)
    if settings.dialect == "both":
        known = {"status": "ok", "index_fingerprint": retriever.fingerprint, **(health or {})}

        @app.get("/health")
        def healthy() -> dict[str, Any]:
            return known

    return app


def _add_retrieve(app: FastAPI, service: _Service) -> None:
    """Declare ``POST /retrieve`` for the chosen dialect."""
    if service.settings.dialect == "search-r1":

        @app.post("/retrieve")
        def many(request: ManyQueries) -> Response:
            return service.original_search_r1(request)

    elif service.settings.dialect == "t2po":

        @app.post("/retrieve")
        def one(request: OneQuery) -> Response:
            return service.answer([request.query], request.topk, request.return_scores)

    else:

        @app.post("/retrieve")
        def either(request: AnyRequest) -> Response:
            given = request.model_fields_set & {"queries", "query"}
            if len(given) != 1:
                raise RefusedError('Send either "queries" (a list of texts) or "query" (one text).')
            queries = request.queries if "queries" in given else [request.query]
            return service.answer(queries, request.topk, request.return_scores)


def _too_long(max_bytes: int) -> Response:
    text = f"The request is too long; send at most {max_bytes} bytes."
    return AsciiResponse({"detail": text}, status_code=413)


def _refused(request: Request, error: Exception) -> Response:
    detail = [{"type": "value_error", "loc": ["body"], "msg": str(error)}]
    return AsciiResponse({"detail": detail}, status_code=422)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    keys = ("type", "loc", "msg", "input")
    detail = [{key: one[key] for key in keys if key in one} for one in error.errors()]
    return AsciiResponse({"detail": detail}, status_code=422)
