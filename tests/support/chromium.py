"""One headless Chromium that logs its console and its requests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def need_browser_env() -> None:
    """Skip the test where `t2po/WebShopBrowser-v0` cannot run."""
    found = pytest.importorskip(
        "t2po_gym.browser.chromium", reason="extra `browser`", exc_type=ImportError
    )
    try:
        found.installed()
    except found.BrowserError as error:
        pytest.skip(str(error))


def chromium() -> Iterator[Any]:
    """Yield a driver; skips the test where there is no browser."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium: extra `browser`")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    chromedriver = shutil.which("chromedriver")
    if browser is None or chromedriver is None:
        pytest.skip("needs Chromium and chromedriver on the PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(chromedriver)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()
