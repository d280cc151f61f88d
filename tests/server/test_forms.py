"""Forms: what is read of them, what they mean, what is refused."""

from __future__ import annotations

import pytest

from t2po_gym.server.forms import FORM_TYPE, MAX_FIELD_CHARS, BadForm, press_of, read_form
from t2po_gym.server.seats import Press, as_listed


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"action=click%5Bbuy+now%5D&page=p", {"action": "click[buy now]", "page": "p"}),
        (b"a=1&a=2&b=", {"a": "1", "b": ""}),
        (b"q=%00%ED%A0%80%FF", {"q": "\0" + "\ufffd" * 4}),
        ("q=é".encode(), {"q": "é"}),
        (b"q=a%0D%0Ab", {"q": "a\r\nb"}),
        (b"", {}),
        (b"&&&", {}),
    ],
)
def test_fields(body: bytes, fields: dict[str, str]) -> None:
    assert read_form(f"{FORM_TYPE}; charset=utf-8", body) == fields


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("", b"a=1", 415),
        (FORM_TYPE, b"&".join(b"a=1" for _ in range(17)), 400),
        (FORM_TYPE, b"a=" + b"x" * MAX_FIELD_CHARS, 400),
    ],
)
def test_refused_forms(content_type: str, body: bytes, status: int) -> None:
    with pytest.raises(BadForm) as caught:
        read_form(content_type, body)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("fields", "press"),
    [
        ({"action": "search", "query": "red shoes"}, Press("search", "red shoes")),
        ({"action": "click[buy now]"}, Press("click", "buy now")),
        ({"action": "click[[x] y]"}, Press("click", "[x] y")),
        ({"action": "click[]"}, Press("click", "")),
        ({"say": "go to desk 1"}, Press("say", "go to desk 1")),
        ({"fill": "search", "text": "a b"}, Press("say", "search[a b]")),
        ({"fill": "", "text": "look"}, Press("say", "look")),
    ],
)
def test_presses(fields: dict[str, str], press: Press) -> None:
    assert press_of(fields) == press


@pytest.mark.parametrize(
    "fields",
    [{}, {"action": "search"}, {"action": "click["}, {"action": "buy"}, {"fill": "search"}],
)
def test_forms_without_a_press(fields: dict[str, str]) -> None:
    with pytest.raises(BadForm, match="names no button"):
        press_of(fields)


def test_a_press_is_an_action() -> None:
    assert Press("click", "buy now").action == "click[buy now]"
    assert Press("search", "a").action == "search[a]"
    assert Press("say", "look").action == "look"


def test_what_browsers_change_is_found_again() -> None:
    listed = ("click[a\nb]", "click[a\r\nb]", "click[\0\ud800]", "click[x]")
    assert as_listed("click[a\r\nb]", listed) == "click[a\r\nb]"  # exactly this one is listed
    assert as_listed("click[a\r\nb]", listed[:1]) == "click[a\nb]"
    assert as_listed("click[\ufffd\ufffd]", listed) == "click[\0\ud800]"
    assert as_listed("click[y]", listed) == "click[y]"
