"""A plain Chromium that logs its console and its requests, for people's paths through pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from t2po_gym.browser.chromium import installed

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
LOGS = {"browser": "ALL", "performance": "ALL"}


@contextmanager
def logging_chromium() -> Iterator[Any]:
    """Start a browser and end it."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location, driver_path = installed()
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", LOGS)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_path))
    try:
        yield driver
    finally:
        driver.quit()


def set_width(driver: Any, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def complaints(driver: Any) -> list[str]:
    """Return what the console says since the last call."""
    return [line["message"] for line in driver.get_log("browser")]


def requested(driver: Any) -> list[str]:
    """Return the addresses asked for since the last call."""
    events = [json.loads(line["message"])["message"] for line in driver.get_log("performance")]
    sent = (e["params"] for e in events if e["method"] == "Network.requestWillBeSent")
    return [params["request"]["url"] for params in sent]
