"""The wall in front of the application: what requests may be, and what every answer carries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from t2po_gym.server.views import render

__all__ = ["SECURITY_HEADERS", "Guard", "sentence_page"]

MAX_TARGET_BYTES = 2_048
"""Longest address with its query."""

MAX_HEADER_BYTES = 16_384
"""Most bytes of all headers together."""

METHODS = ("GET", "HEAD", "POST")
OWN_SITE = (b"same-origin", b"none")
"""What a browser says of a form (``Sec-Fetch-Site``) that no other site sent."""

SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        # No script, frame, font or request to anywhere else; styles, pictures and forms of ours.
        "content-security-policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # Addresses hold tokens. Without any referrer a browser would hide its forms' origin too.
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
)
"""Headers of every answer; one that sets its own ``cache-control`` keeps it."""


def sentence_page(status: int, sentence: str, *, home: bool = False) -> HTMLResponse:
    """Return a page that says one thing.

    Args:
        status: HTTP status.
        sentence: what it says.
        home: whether it has a link to the start page.
    """
    page = render("sentence.html", sentence=sentence, home=home)
    return HTMLResponse(page, status_code=status, headers=dict(SECURITY_HEADERS))


class Guard:
    """Refuse requests outside the bounds, and put the security headers on every answer.

    Args:
        app: what stands behind it.
        hosts: names of the site, where a proxy on this machine gives it other ones than localhost.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = {name.lower() for name in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope) or _foreign(scope, self._hosts)
        if refusal is not None:
            await refusal(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _refusal(scope: Scope) -> HTMLResponse | None:
    """Return the answer to a request that is not let through."""
    if scope["method"] not in METHODS:
        answer = sentence_page(405, "This site answers GET, HEAD and POST.")
        answer.headers["allow"] = ", ".join(METHODS)
        return answer
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET_BYTES:
        return sentence_page(414, f"An address has at most {MAX_TARGET_BYTES} characters.")
    headers = scope["headers"]
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        return sentence_page(431, f"The headers have more than {MAX_HEADER_BYTES} bytes.")
    return None


def _foreign(scope: Scope, hosts: Collection[str]) -> HTMLResponse | None:
    """Return the answer to a request that another site had a browser send.

    A name that leads a browser to this machine (DNS rebinding) is another site too: what comes over
    the loopback must call it localhost, or by one of the given names.
    """
    host = _last(scope, b"host").lower()
    name = _name_in(f"//{host}")
    near = bool(scope.get("server")) and _is_loopback(scope["server"][0])
    if host and near and not (name in hosts or _is_loopback(name)):
        return sentence_page(403, "This site has another name; open it as localhost.")
    if scope["method"] != "POST":
        return None
    asked = [value.lower() for key, value in scope["headers"] if key == b"sec-fetch-site"]
    origin = _last(scope, b"origin").lower()
    own = f"//{host}" == origin[origin.find("//") :] or _name_in(origin) in hosts
    if any(site not in OWN_SITE for site in asked) or (origin and not asked and not own):
        return sentence_page(403, "Another site sent this form; open the page here instead.")
    return None


def _last(scope: Scope, name: bytes) -> str:
    """Return the last header of a name; empty if there is none."""
    return next((v.decode("latin-1") for k, v in reversed(scope["headers"]) if k == name), "")


def _name_in(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
