"""The pages in Chromium, opened as files: sorting, filters, the viewer, and harm that does none.

After every test, the console holds no error, and nothing was asked for but the pages' own files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from board_fixture import EXPERT, FIRST, HARM, HOSTILE, IMAGE, LONG, SCRIPT, TURNED

TRACK = "webshop-compact"
EPISODES = f"{FIRST}/{TRACK}"
PAGES = ("index.html", f"entries/{FIRST}.html", f"entries/{HARM}.html", f"viewer.html#{EPISODES}/0")
WIDTHS = (1280, 390)
REQUEST = "Network.requestWillBeSent"

pytestmark = pytest.mark.xdist_group("browser")  # one Chromium is enough


class Tab:
    """A tab of the browser, and the questions that the tests ask."""

    def __init__(self, driver: Any, pages: Path) -> None:
        self.driver, self.pages = driver, pages
        self.base = pages.as_uri()

    def open(self, address: str, width: int = 1280) -> None:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.get("about:blank")  # or the next address might differ in its anchor only
        self.driver.get(self.address(address))

    def address(self, path: str) -> str:
        return f"{self.base}/{path}"

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements("css selector", selector)

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        """Return the text of an element as the page holds it."""
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def choose(self, selector: str, value: str) -> None:
        self.one(f"{selector} option[value='{value}']").click()

    def press(self, key: str) -> None:
        """Press a key wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(key)

    def until(self, done: Callable[[], bool]) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 10, poll_frequency=0.02).until(lambda _: done())

    def open_episode(self, place: str, width: int = 1280) -> None:
        self.open(f"viewer.html#{EPISODES}/{place}", width)
        self.until(lambda: self.one("#viewer").is_displayed())

    def order(self) -> list[str]:
        """Return the ranks of the first table from top to bottom, as far as they are shown."""
        rows = self.all(f"#track-{TRACK} tbody tr")
        return [row.find_element("css selector", "td").text for row in rows if row.is_displayed()]

    def shown(self) -> str:
        return self.text("#shown")

    def hash(self) -> str:
        return self.run("return location.hash")

    def console(self) -> list[str]:
        return [line["message"] for line in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        events = [json.loads(line["message"]) for line in self.driver.get_log("performance")]
        sent = [e["message"]["params"] for e in events if e["message"]["method"] == REQUEST]
        return [params["request"]["url"] for params in sent]


@pytest.fixture
def tab(driver: Any, pages: Path) -> Iterator[Tab]:
    tab = Tab(driver, pages)
    tab.console(), tab.requests()  # what an earlier test left
    yield tab
    assert tab.console() == []
    asked = tab.requests()
    assert asked
    assert [url for url in asked if not url.startswith((f"{tab.base}/", "data:,"))] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_no_wider_than_the_window(tab: Tab, page: str, width: int) -> None:
    tab.open(page, width)
    tab.until(lambda: not tab.all("#viewer[hidden]"))
    assert tab.run("return document.documentElement.scrollWidth") <= width
    boxes = tab.run(
        "return [...document.querySelectorAll('.scroll')].map(e => e.getBoundingClientRect().right)"
    )
    assert all(right <= width for right in boxes)


@pytest.mark.parametrize("page", PAGES)
def test_hostile_texts_do_nothing(tab: Tab, page: str) -> None:
    tab.open(page)
    tab.until(lambda: not tab.all("#viewer[hidden]"))
    assert tab.all("img") == []
    assert tab.driver.title != "harmed"
    assert "49" not in tab.run("return document.querySelector('h1').textContent")


def test_the_style_sheet_is_used_and_follows_the_scheme(tab: Tab) -> None:
    def background(scheme: str) -> str:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        tab.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        return tab.run("return getComputedStyle(document.body).backgroundColor")

    tab.open("index.html")
    assert background("dark") == "rgb(20, 24, 29)"
    assert background("light") == "rgb(255, 255, 255)"


def test_every_column_sorts_by_click_and_says_so(tab: Tab) -> None:
    tab.open("index.html")
    headings = tab.all(f"#track-{TRACK} th")
    assert len(headings) == 11
    assert tab.order() == ["1", "2", "2", "4", "5", "6", "–", "–"]
    for number, heading in enumerate(headings):
        was = heading.get_attribute("aria-sort")
        for _ in range(2):
            heading.find_element("css selector", "button").click()
            state = heading.get_attribute("aria-sort")
            assert state != was
            assert_sorted(column(tab, number), heading.get_attribute("data-sort"), state)
            was = state
        others = [h.get_attribute("aria-sort") for h in headings if h != heading]
        assert set(others) == {"none"}


def column(tab: Tab, number: int) -> list[str]:
    """Return what a column of the first table sorts by, from top to bottom."""
    return tab.run(
        "return [...document.querySelectorAll(`#track-${arguments[0]} tbody tr`)]"
        ".map(row => row.cells[arguments[1]].dataset.value)",
        TRACK,
        number,
    )


def assert_sorted(values: list[str], kind: str, direction: str) -> None:
    """Known values are in order, and unknown ones come last whatever the direction."""
    known = [value for value in values if value]
    assert values == known + [""] * (len(values) - len(known))
    if kind == "number":
        numbers = [float(value) for value in known]
        assert numbers == sorted(numbers, reverse=direction == "descending")
    elif set(known) <= {"L0", "L1", "L2", "L3", "trained", "prompted", "scripted"}:
        assert known == sorted(known, reverse=direction == "descending")


def test_a_column_sorts_by_keyboard(tab: Tab) -> None:
    tab.open("index.html")
    score = tab.one(f"#track-{TRACK} th.col-score button")
    tab.run("arguments[0].focus()", score)
    tab.press("\ue007")  # Enter
    assert tab.order() == ["–", "6", "1", "2", "4", "2", "5", "–"]
    tab.press(" ")
    assert tab.order() == ["–", "5", "2", "4", "2", "1", "6", "–"]
    assert tab.run("return document.activeElement === arguments[0]", score)


def test_filters_narrow_the_tables_and_live_in_the_address(tab: Tab) -> None:
    tab.open("index.html")
    assert tab.shown() == "13 of 13 results shown"
    tab.choose("[name=badge]", "L2")
    assert tab.order() == ["6", "–"]
    assert tab.shown() == "2 of 13 results shown"
    assert tab.hash() == "#badge=L2"
    tab.choose("[name=kind]", "prompted")
    assert tab.order() == ["6"]
    assert tab.hash() == "#badge=L2&kind=prompted"
    (empty,) = tab.all("#track-webshop-full .nothing")
    assert empty.is_displayed()
    tab.one("form button[type=reset]").click()
    assert tab.shown() == "13 of 13 results shown"
    assert tab.hash() == ""
    assert not empty.is_displayed()


def test_filters_by_track_and_size(tab: Tab) -> None:
    tab.open("index.html")
    tab.choose("[name=track]", "webshop-full")
    visible = [s.get_attribute("data-track") for s in tab.all("section.track") if s.is_displayed()]
    assert visible == ["webshop-full"]
    tab.choose("[name=size]", "from-10B")
    assert tab.shown() == "1 of 13 results shown"


def test_filters_come_back_from_the_address(tab: Tab) -> None:
    tab.open(f"index.html#track={TRACK}&size=none&kind=bogus&badge=L9")
    assert tab.shown() == "2 of 13 results shown"
    assert tab.order() == ["–", "–"]
    assert tab.one("[name=kind]").get_property("value") == ""
    tab.run("location.hash = 'kind=scripted'")
    tab.until(lambda: tab.shown() == "3 of 13 results shown")
    tab.run("location.hash = 'replay'")  # a place on the page, no filter
    assert tab.one("[name=kind]").get_property("value") == "scripted"


def test_the_viewer_steps_by_buttons_and_keys(tab: Tab) -> None:
    tab.open_episode("3")
    assert tab.text("#where") == "Turn 1 of 5"
    assert tab.text("#before") == "You are in a room."
    assert tab.text("#after") == "You see shelf 1.\nThere is a lamp on it."
    assert tab.one("#previous").get_attribute("aria-disabled") == "true"
    tab.one("#previous").click()
    assert tab.text("#where") == "Turn 1 of 5"
    tab.one("#next").click()
    assert tab.text("#where") == "Turn 2 of 5"
    assert tab.text("#before") == "You see shelf 1.\nThere is a lamp on it."
    assert tab.text("#reply") == "<think>I look at shelf 2.</think><action>look[2]</action>"
    assert tab.text("#action") == "look[2]"
    assert tab.text("#validity") == "valid"
    assert facts(tab)["Progress"] == "40.0 %"
    assert facts(tab)["Uncertainty"] == "0.500"
    for _ in range(9):
        tab.press("\ue014")  # right
    assert tab.hash() == f"#{EPISODES}/3/5"
    assert facts(tab)["Reward"] == "1"
    assert tab.one("#next").get_attribute("aria-disabled") == "true"
    tab.press("\ue012")  # left
    assert tab.text("#where") == "Turn 4 of 5"
    marked = tab.run("return [...document.querySelectorAll('#curve circle')].map(e => e.classList)")
    assert ["here" in classes for classes in marked] == [False, False, False, True, False]


def facts(tab: Tab) -> dict[str, str]:
    return dict(
        tab.run(
            "return [...document.querySelectorAll('#numbers div')]"
            ".map(e => [...e.children].map(c => c.textContent))"
        )
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_an_address_names_episode_and_turn(tab: Tab, width: int) -> None:
    """Episode 6 lies in the second file."""
    tab.open_episode("6/3", width)
    assert tab.text("#task") == "task-006"
    assert tab.text("#where") == "Turn 3 of 4"
    tab.run(f"location.hash = '{EPISODES}/11/2'")
    tab.until(lambda: tab.text("#task") == "task-011")
    assert tab.text("#where") == "Turn 2 of 5"
    tab.run(f"location.hash = '{EPISODES}/999/999'")
    tab.until(lambda: tab.text("#where") == "Turn 5 of 5")
    assert tab.hash() == f"#{EPISODES}/11/5"


def test_the_skip_link_leaves_the_episode_alone(tab: Tab) -> None:
    tab.open_episode("6/3")
    tab.run("document.querySelector('.skip').click()")
    tab.until(lambda: tab.hash() == "#content")
    assert tab.text("#where") == "Turn 3 of 4"


def test_the_list_filters_by_outcome_and_text(tab: Tab) -> None:
    tab.open_episode("0")
    assert tab.text("#listed") == "12 of 12 episodes"
    tab.choose("#outcome", "false")
    assert tab.text("#listed") == "4 of 12 episodes"
    tab.one("#text").send_keys("TASK-00")
    assert tab.text("#listed") == "3 of 12 episodes"
    tab.press("\ue014")  # the arrows belong to the text while one types
    assert tab.text("#where") == "Turn 1 of 2"
    tab.one("#episodes button[data-episode='9'], #episodes li:last-child button").click()
    tab.until(lambda: tab.text("#task") == "task-009")
    assert tab.run("return document.activeElement.dataset.episode") == "9"
    assert tab.text("#outcome-line").startswith("Failed, score 0.0 %, stopped at the turn limit.")


def test_hostile_episodes_are_shown_as_they_are(tab: Tab) -> None:
    tab.open_episode("0/1")
    assert tab.text("#task") == IMAGE + TURNED
    assert tab.text("#before") == SCRIPT
    assert tab.text("#reply") == IMAGE + LONG
    assert tab.text("#action") == SCRIPT
    assert tab.text("#after") == "\n".join(HOSTILE)
    assert tab.text("#validity") == "invalid"
    assert facts(tab)["Reply tokens"] == "–"
    assert "Uncertainty" not in facts(tab)
    assert tab.all("img") == []


@pytest.mark.parametrize("name", ["../../secret", "no-such_entry_x/webshop-compact", "%E0%A4%A"])
def test_unknown_addresses_load_the_first_entry_only(tab: Tab, name: str) -> None:
    """The first option is the best of the first track, whose episodes are not there."""
    tab.open(f"viewer.html#{name}/0/1")
    tab.until(lambda: "leaderboard build" in tab.text("#message"))
    (line,) = tab.console()
    assert "episodes/20261203_lab_t2po-4b/webshop-compact/index.js" in line


def test_missing_episodes_are_explained(tab: Tab) -> None:
    tab.open(f"viewer.html#{EXPERT}/{TRACK}/0")
    tab.until(lambda: "leaderboard build" in tab.text("#message"))
    words = "The episodes are not part of this copy: t2po-gym leaderboard build makes them."
    assert tab.text("#message") == words
    assert not tab.one("#viewer").is_displayed()
    (line,) = tab.console()
    assert "ERR_FILE_NOT_FOUND" in line
    tab.choose("#source", EPISODES)
    tab.until(lambda: tab.one("#viewer").is_displayed())
    assert tab.text("#where") == "Turn 1 of 2"


def test_damaged_episodes_are_explained(tab: Tab) -> None:
    damaged = tab.pages / "episodes" / EXPERT / "alfworld-unseen" / "index.js"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("void 0;\n")
    tab.open(f"viewer.html#{EXPERT}/alfworld-unseen/0")
    tab.until(lambda: "damaged" in tab.text("#message"))


def test_a_server_may_hold_the_pages_below_any_path(tab: Tab) -> None:
    handler = partial(QuietHandler, directory=str(tab.pages.parents[1]))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        tab.base = f"http://127.0.0.1:{server.server_port}/sub%20path/board"
        tab.open(f"index.html#track={TRACK}&badge=L2")
        assert tab.order() == ["6", "–"]
        tab.open_episode("6/3")
        assert tab.text("#where") == "Turn 3 of 4"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and reports nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_an_entry_links_to_its_episodes(tab: Tab) -> None:
    tab.open(f"entries/{FIRST}.html")
    tab.one("a.action").click()
    tab.until(lambda: bool(tab.all("#viewer:not([hidden])")))
    assert tab.one("#source").get_property("value") == EPISODES
    tab.one("#entry-link").click()
    tab.until(lambda: tab.driver.current_url == tab.address(f"entries/{FIRST}.html"))
