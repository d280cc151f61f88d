"""The built site in Chromium: it finds pages, from a folder and below any path of a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from chromium import chromium

pytestmark = pytest.mark.browser
SITE = Path(__file__).resolve().parents[2] / "build" / "docs"
LIMIT_S = 20


class Silent(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not (SITE / "index.html").is_file():
        pytest.skip("the site is not built: make docs")
    yield from chromium()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Serve the site below a path, and yield its address."""
    (tmp_path / "project").symlink_to(SITE)
    handler = partial(Silent, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/project"
        server.shutdown()


def found_titles(browser: Any, address: str, query: str) -> list[str]:
    """Type a query into the search of a page, and return the titles of what it finds."""
    waiting = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait
    browser.get(address)
    browser.execute_script("document.querySelector('#__search').click()")
    field = browser.find_element("css selector", ".md-search__input")
    waiting(browser, LIMIT_S).until(lambda _: field.is_displayed())
    field.send_keys(query)
    items = ".md-search-result__item h1"
    waiting(browser, LIMIT_S).until(lambda b: b.find_elements("css selector", items))
    return [title.text for title in browser.find_elements("css selector", items)]


@pytest.mark.parametrize("page", ["index.html", "reference/core.html"])
def test_pages_are_found_from_a_folder(browser: Any, page: str) -> None:
    titles = found_titles(browser, f"{(SITE / page).as_uri()}", "hesitation")
    assert any("Results" in title for title in titles), titles
    assert [line["message"] for line in browser.get_log("browser")] == []


@pytest.mark.parametrize("page", ["index.html", "reference/core.html"])
def test_pages_are_found_below_a_path(browser: Any, served: str, page: str) -> None:
    titles = found_titles(browser, f"{served}/{page}", "hesitation")
    assert any("Results" in title for title in titles), titles
    assert [line["message"] for line in browser.get_log("browser")] == []
