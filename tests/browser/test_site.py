"""``t2po-gym serve webshop`` for people: a way through its visible buttons, axe on its pages."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import pytest
from axe_core import axe_source
from logging_chromium import complaints, logging_chromium, requested, set_width
from webshop_envs import make as make_plain

from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDTHS = (390, 1280)
TASK = 7

RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {preload: false}).then(
  found => done(found.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)])),
  error => done([['failed', String(error), []]]));
"""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a served shop."""
    serve = ["serve", "webshop", "--port", "0", "--set", "max_turns=60"]
    command = [sys.executable, "-m", "t2po_gym.cli.main", *serve]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        yield line.split()[3]
        server.terminate()


@pytest.fixture(scope="module")
def driver(chromium_there: None) -> Iterator[Any]:
    with logging_chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_source()


class Person:
    """Somebody who sees the page and presses what is to be seen."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def press(self, words: str) -> None:
        """Press the button that says this."""
        buttons = self.driver.find_elements("css selector", "button")
        (button,) = [b for b in buttons if b.is_displayed() and b.text == words]
        self.follow(button.click)

    def search(self, words: str) -> None:
        box = self.driver.find_element("css selector", "input#query")
        assert box.is_displayed()
        box.send_keys(words)
        self.press("Search")

    def begin(self, site: str, task: int) -> None:
        self.driver.get(site)
        self.driver.find_element("css selector", "#task").send_keys(str(task))
        self.press("Start shopping")

    def do(self, env: Any, action: str) -> None:
        """Do what an expert would do, in sight of the page."""
        verb, words = action[:-1].split("[", 1)
        if verb == "search":
            self.search(words)
        else:
            shown = self.driver.find_elements("css selector", "button[name=action]")
            (button,) = [b for b in shown if b.get_attribute("value") == action]
            assert button.is_displayed()
            assert button.text.strip(), "a button says what it does"
            self.follow(button.click)
        env.step(action)

    def follow(self, press: Callable[[], None]) -> None:
        """Press, and wait for the page that follows."""
        from selenium.webdriver.support.ui import WebDriverWait

        script = "return [performance.timeOrigin, document.readyState]"
        before = self.driver.execute_script(script)[0]

        def followed(driver: Any) -> bool:
            origin, state = driver.execute_script(script)
            return bool(origin != before and state == "complete")

        press()
        WebDriverWait(self.driver, 30, poll_frequency=0.02).until(followed)

    @property
    def text(self) -> str:
        return str(self.driver.find_element("css selector", "main").text)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_person_buys_what_is_asked_for(site: str, driver: Any, width: int) -> None:
    env = make_plain()
    expert = ScriptedShopper(env, random.Random(0))
    _, info = env.reset(seed=0, options={"task_index": TASK})
    set_width(driver, width)
    complaints(driver), requested(driver)  # what an earlier test left
    person = Person(driver)
    person.begin(site, TASK)
    assert info["task"] in " ".join(person.text.split())
    while "Thank you for shopping with us!" not in person.text:
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
        person.do(env, expert.turn().action)
    assert "Score 1.00 of 1" in " ".join(person.text.split())
    assert env.session.detail.total == 1.0
    assert complaints(driver) == []
    asked = requested(driver)
    assert len(asked) > 10
    assert [address for address in asked if not address.startswith((site, "data:,"))] == []


def pages_of_the_shop(person: Person, site: str) -> Iterator[str]:
    """Go through every kind of page; yields what each one is."""
    env = make_plain()
    expert = ScriptedShopper(env, random.Random(0))
    env.reset(seed=0, options={"task_index": TASK})
    person.driver.get(site)
    yield "start"
    person.driver.get(f"{site}shop/unknown/")
    yield "a sentence"
    person.begin(site, TASK)
    yield "search"
    person.press("Search")
    yield "a notice"
    person.search("blue shirt")
    yield "results"
    for name in ("second", "third", "fourth", "fifth", "empty"):
        person.press("Next >")
        yield f"{name} results"
    person.press("Back to Search")
    while "click[buy now]" not in env.admissible_actions or not env.session.options:
        person.do(env, expert.turn().action)
    yield "product"
    for name in ("Description", "Features", "Reviews"):
        person.press(name)
        yield name
        person.press("< Prev")
    while "Thank you for shopping with us!" not in person.text:
        person.do(env, expert.turn().action)
    person.driver.find_element("css selector", "summary").click()
    yield "the end"


def harm(driver: Any, axe: str) -> list[Any]:
    """Return what axe finds serious or critical on the page."""
    driver.execute_script(axe)
    found = driver.execute_async_script(RUN_AXE)
    return [v for v in found if v[0] in ("failed", "serious", "critical")]


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious_in_the_shop(
    site: str, driver: Any, axe: str, width: int
) -> None:
    set_width(driver, width)
    found = {page: harm(driver, axe) for page in pages_of_the_shop(Person(driver), site)}
    assert len(found) == 15
    assert {page: harms for page, harms in found.items() if harms} == {}


def test_axe_finds_nothing_serious_on_plain_pages(driver: Any, axe: str) -> None:
    from t2po_gym.server.app import create_app
    from t2po_gym.server.background import BackgroundServer
    from t2po_gym.server.env_seat import EnvSeat
    from t2po_gym.server.sessions import Sessions
    from t2po_gym.server.views import view_of

    sessions, found = Sessions(), {}
    with BackgroundServer(create_app(sessions)) as server:
        for env_id in ("t2po/ToyKeys-v0", "t2po/ALFWorld-v0", "t2po/SearchQA-v0"):
            env: Any = gym.make(env_id).unwrapped
            folder, view = view_of(env, show_progress=True)
            token = sessions.add(EnvSeat(env, view, seed=0))
            driver.get(f"{server.url}{folder}/{token}/")
            found[env_id] = harm(driver, axe)
        sessions.close()
    assert {env_id: harms for env_id, harms in found.items() if harms} == {}


def test_axe_would_notice(driver: Any, axe: str) -> None:
    driver.get("data:text/html,<title>x</title><img src=x><button></button>")
    assert {rule for _, rule, _ in harm(driver, axe)} >= {"button-name", "image-alt"}
