"""The web application: a start page, the pages of sessions, and what they are drawn with.

======  ==============================  ==========================================================
GET     ``/``                           the start page, where there is a lobby
POST    ``/start``                      begin an episode; leads to its page
GET     ``/shop/TOKEN/``                a shop; ``/play/TOKEN/`` any other environment
POST    ``/shop/TOKEN/act``             one action; leads back to the page
GET     ``/static/NAME``                stylesheet and icon
GET     ``/pictures/NAME.svg``          a drawn picture
======  ==============================  ==========================================================

GET and HEAD never change anything. Requests of one session are handled one after the other. A press
on a page that is no longer current does nothing, and the current page says so.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from functools import cache, partial
from types import MappingProxyType

from t2po_gym.envs.webshop.site.picture import picture_svg
from t2po_gym.envs.webshop.site.templating import STATIC
from t2po_gym.retrieval.http.limits import BodyLimit

try:
    import anyio
    from anyio.to_thread import run_sync
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, RedirectResponse, Response
    from starlette.routing import Route
except ImportError as error:
    raise ImportError(
        "The web site needs Starlette and uvicorn; install them with: pip install 't2po-gym[serve]'"
    ) from error

from t2po_gym.server.forms import BadForm, press_of, read_form
from t2po_gym.server.guard import Guard, sentence_page
from t2po_gym.server.lobby import Lobby
from t2po_gym.server.seats import Press, Seat
from t2po_gym.server.sessions import Place, Sessions, SessionsFull
from t2po_gym.server.views import render

__all__ = ["MAX_BODY_BYTES", "create_app"]

MAX_BODY_BYTES = 131_072
"""Largest request: an action of 8,192 characters of four bytes each, percent-encoded, fits."""

SWEEP_S = 15.0
"""How long an expired session may wait for its end."""

FOLDERS = ("shop", "play")
STALE = "This page was out of date, so nothing was done. This is the current page."
UNKNOWN = "There is no such page. A session ends when it is not used for a while."
TYPES = MappingProxyType({".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"})
STATIC_CACHE = {"cache-control": "public, max-age=3600"}


class _Site:
    """The routes, and what they share."""

    def __init__(self, sessions: Sessions[Seat], lobby: Lobby | None) -> None:
        self._sessions = sessions
        self._lobby = lobby

    def routes(self) -> list[Route]:
        pages = [
            route
            for folder in FOLDERS
            for route in (
                Route(f"/{folder}/{{token}}/", self.page, methods=["GET"]),
                Route(f"/{folder}/{{token}}/act", self.act, methods=["POST"]),
            )
        ]
        start = [Route("/", self.home, methods=["GET"])]
        start.append(Route("/start", self.start, methods=["POST"]))
        drawn = [Route("/static/{name}", static, methods=["GET"])]
        drawn.append(Route("/pictures/{name}.svg", picture, methods=["GET"]))
        return [*pages, *(start if self._lobby else []), *drawn]

    # ---- sessions --------------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        place = self._place(request)
        async with place.lock:
            return HTMLResponse(await run_sync(place.seat.html))

    async def act(self, request: Request) -> Response:
        place = self._place(request)
        fields = await _fields(request)
        press, page = press_of(fields), fields.get("page", "")
        async with place.lock:
            if await run_sync(_apply, place.seat, press, page):
                return RedirectResponse("./", status_code=303)
            return HTMLResponse(await run_sync(place.seat.html, STALE), status_code=409)

    def _place(self, request: Request) -> Place[Seat]:
        place = self._sessions.place(request.path_params["token"])
        if place is None:
            raise HTTPException(404)
        if place.lock is None:
            place.lock = anyio.Lock()
        return place

    # ---- start -----------------------------------------------------------------------------

    async def home(self, request: Request) -> Response:
        return HTMLResponse(self._home({}, ""))

    async def start(self, request: Request) -> Response:
        assert self._lobby is not None
        fields = await _fields(request)
        if not self._sessions.has_room():
            raise SessionsFull(f"All {self._sessions.max_sessions} sessions are in use.")
        try:
            folder, seat = await run_sync(self._lobby.start, fields)
        except BadForm as error:
            return HTMLResponse(self._home(fields, str(error)), status_code=error.status)
        try:
            token = self._sessions.add(seat)
        except SessionsFull:
            seat.close()
            raise
        return RedirectResponse(f"{folder}/{token}/", status_code=303)

    def _home(self, fields: Mapping[str, str], message: str) -> str:
        return render("lobby.html", lobby=self._lobby, fields=fields, message=message)

    # ---- errors ----------------------------------------------------------------------------

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, BadForm)
        return sentence_page(error.status, str(error), home=self._lobby is not None)

    async def full(self, request: Request, error: Exception) -> Response:
        answer = sentence_page(503, f"{error}", home=self._lobby is not None)
        answer.headers["retry-after"] = "60"
        return answer

    async def missing(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        sentence = UNKNOWN if error.status_code == 404 else f"{error.detail}."
        answer = sentence_page(error.status_code, sentence, home=self._lobby is not None)
        answer.headers.update(error.headers or {})
        return answer

    async def failed(self, request: Request, error: Exception) -> Response:
        return sentence_page(500, "The site has a fault; the page was not made.")


def create_app(
    sessions: Sessions[Seat],
    *,
    lobby: Lobby | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
    hosts: Collection[str] = (),
) -> Starlette:
    """Build the application. While its lifespan is on, expired sessions end by themselves.

    Args:
        sessions: the seats; others may add some while it runs.
        lobby: what the start page offers; None for no start page.
        max_body_bytes: larger requests are rejected before they are read.
        hosts: names that a proxy on this machine gives the site.
    """
    site = _Site(sessions, lobby)
    middleware = [
        Middleware(Guard, hosts=hosts),
        Middleware(BodyLimit, max_bytes=max_body_bytes, refusal=_too_long),
    ]
    app = Starlette(
        routes=site.routes(),
        middleware=middleware,
        lifespan=partial(_sweeping, sessions),
        exception_handlers={
            BadForm: site.refused,
            SessionsFull: site.full,
            HTTPException: site.missing,
            Exception: site.failed,
        },
    )
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def _sweeping(sessions: Sessions[Seat], app: Starlette) -> AsyncIterator[None]:
    """Let go of expired sessions, and so record them, although nobody visits the site."""
    async with anyio.create_task_group() as tasks:
        if math.isfinite(sessions.shortest_s):
            tasks.start_soon(_sweep, sessions, min(SWEEP_S, sessions.shortest_s / 4))
        yield
        tasks.cancel_scope.cancel()


async def _sweep(sessions: Sessions[Seat], pause_s: float) -> None:
    while True:
        await anyio.sleep(pause_s)
        try:
            await run_sync(sessions.sweep)
        except OSError as error:
            logging.getLogger("uvicorn.error").error("An episode was not recorded: %s", error)


def _apply(seat: Seat, press: Press, page: str) -> bool:
    """Apply a press if it was made on the current page; returns whether it was."""
    if seat.page_id() != page:
        return False
    seat.act(press)
    return True


async def _fields(request: Request) -> Mapping[str, str]:
    return read_form(request.headers.get("content-type", ""), await request.body())


def _too_long(max_bytes: int) -> Response:
    return sentence_page(413, f"The request is too long; send at most {max_bytes} bytes.")


async def static(request: Request) -> Response:
    """Answer with a file that comes with the site."""
    files = _static_files()
    name = request.path_params["name"]
    if name not in files:
        raise HTTPException(404)
    return Response(files[name], media_type=TYPES[name[-4:]], headers=STATIC_CACHE)


@cache
def _static_files() -> Mapping[str, bytes]:
    """Return the files by name, read once: no request ever names a path."""
    return {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in TYPES}


async def picture(request: Request) -> Response:
    """Answer with a drawn picture."""
    try:
        drawn = picture_svg(request.path_params["name"])
    except LookupError as error:
        raise HTTPException(404) from error
    return Response(drawn, media_type=TYPES[".svg"], headers=STATIC_CACHE)
