"""The page in Chromium, opened as a file.

After every test, the console holds no error, and nothing was asked for but the page itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import chromium
from watch_runs import HARM, library, solved, training_run

from t2po_gym.watch.page.document import document

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
RIGHT, LEFT = "\ue014", "\ue012"
TURNS = len(solved().turns)


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    yield from chromium()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("watch page")
    (folder / "page.html").write_bytes(document(library(training_run(folder / "run"))))
    return Path(folder / "page.html").as_uri()


class Tab:
    """The page, and the questions that the tests ask."""

    def __init__(self, driver: Any, file: str) -> None:
        self.driver, self.file = driver, file

    def open(self, place: str = "", width: int = 1280, scheme: str = "light") -> None:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")
        self.driver.get(f"{self.file}#{place}")
        self.until(lambda: self.one("#viewer").is_displayed())

    def until(self, done: Callable[[], bool]) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 30, poll_frequency=0.02).until(lambda _: done())

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def press(self, key: str) -> None:
        self.driver.switch_to.active_element.send_keys(key)

    def requests(self) -> list[str]:
        events = [json.loads(line["message"]) for line in self.driver.get_log("performance")]
        sent = [e["message"] for e in events]
        name = "Network.requestWillBeSent"
        return [m["params"]["request"]["url"] for m in sent if m["method"] == name]


@pytest.fixture
def tab(driver: Any, file: str) -> Iterator[Tab]:
    tab = Tab(driver, file)
    driver.get_log("browser"), tab.requests()  # what an earlier test left
    yield tab
    assert [line["message"] for line in driver.get_log("browser")] == []
    assert {url.partition("#")[0] for url in tab.requests()} <= {file, "data:,", "about:blank"}
    assert driver.title != "harmed"
    assert driver.find_elements("css selector", "img") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_no_wider_than_the_window(tab: Tab, width: int, scheme: str) -> None:
    tab.open("run/train-000001/0/2", width, scheme)
    tab.run("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    assert tab.run("return document.documentElement.scrollWidth") <= width
    dark = tab.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    assert dark == (scheme == "dark")


def test_turns_are_stepped_through_by_buttons_and_keys(tab: Tab) -> None:
    tab.open()
    assert tab.text("#where") == f"Turn 1 of {TURNS}"
    tab.one("#next").click()
    assert tab.text("#where") == f"Turn 2 of {TURNS}"
    tab.press(RIGHT)
    assert tab.run("return location.hash") == "#run/train-000001/0/3"
    tab.press(LEFT)
    assert tab.text("#where") == f"Turn 2 of {TURNS}"


def test_tokens_carry_their_uncertainty(tab: Tab) -> None:
    tab.open("run/train-000001/0/2")
    spans = tab.run(
        "return [...document.querySelectorAll('#tokens .token')]"
        ".map(e => [e.textContent, e.className])"
    )
    assert [text for text, name in spans if "forced" in name] == ["</think>", "\n", "<action>"]
    assert [name.split()[1] for text, name in spans[1:3]] == ["m9", "m7"]
    assert "given" in spans[0][1]
    assert "settled" in tab.text("#closing")
    backgrounds = tab.run(
        "return ['.m9', '.m7', '.m5'].map(s => getComputedStyle("
        "document.querySelector('#legend ' + s)).backgroundColor)"
    )
    assert len(set(backgrounds)) == 3


def test_the_numbers_of_a_token_are_read_by_keyboard(tab: Tab) -> None:
    tab.open("run/train-000001/0/2")
    tab.run("document.querySelector('#tokens .token[tabindex=\"0\"]').focus()")
    tab.press(RIGHT)
    assert tab.text("#tokens .readout") == 'Token 2 of 9: "I", M 0.9, H 1.5, C 6.25'
    tab.press(RIGHT)
    tab.press(RIGHT)
    assert tab.text("#tokens .readout").endswith("forced by TTI")
    assert tab.text("#where") == f"Turn 2 of {TURNS}", "the arrows belong to the tokens here"


def test_what_tds_threw_away_is_folded(tab: Tab) -> None:
    tab.open("run/train-000001/0/1")
    assert not tab.one("#tries").is_displayed()
    tab.one("#next").click()
    assert tab.text("#tries summary") == "Try 1: Gamma 0.003, below eta = 0.008; 3 tokens"
    assert not tab.one("#tries .strip").is_displayed()
    tab.one("#tries summary").click()
    assert HARM in tab.text("#tries .strip")


def test_facts_and_milestones(tab: Tab) -> None:
    tab.open(f"run/train-000001/0/{TURNS}")
    facts = dict(
        tab.run(
            "return [...document.querySelectorAll('#numbers div')]"
            ".map(e => [...e.children].map(c => c.textContent))"
        )
    )
    assert facts["Reward"] == "1"
    assert facts["Progress"] == "100.0 %"
    assert facts["eta (TDS)"] == "0.008"
    assert facts["Advantage"] == f"{'+' if TURNS > 2 else '−'}{abs(0.25 * (TURNS - 1) - 0.5):g}"
    assert "(new)" in tab.text("#milestones")
    assert tab.run("return document.querySelectorAll('#curve circle').length") == TURNS


def test_an_episode_without_details(tab: Tab) -> None:
    tab.open("run/test-000002/0/1")
    assert tab.text("#reply") == "Only the action was kept."
    assert not tab.one("#legend").is_displayed()
    assert tab.one("#source").get_property("value") == "run/test-000002"


def test_the_list_filters_and_names_the_place(tab: Tab) -> None:
    tab.open()
    assert tab.text("#listed") == "2 of 2 episodes"
    tab.one("#outcome option[value='false']").click()
    assert tab.text("#listed") == "1 of 2 episodes"
    tab.one("#episodes button").click()
    tab.until(lambda: tab.text("#where") == "Turn 1 of 2")
    assert tab.run("return location.hash") == "#run/train-000001/1/1"
    tab.one("#next").click()
    assert HARM in tab.text("#action")
