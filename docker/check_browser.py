#!/usr/bin/env python3
"""Whether this image can do its work: Chromium opens a page, and an expert buys in the shop."""

import functools
import os
import random
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gymnasium as gym
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import t2po_gym  # noqa: F401 - registers the ids
from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper

PAGE = "<title>Shop</title><button onclick=\"document.title='Bought'\">Buy</button>"


def chromium() -> Chrome:
    """Start Chromium without a screen.

    A container gives an ordinary user neither the namespaces of Chromium's own sandbox nor a large
    /dev/shm. Without that sandbox only pages of your own belong in this browser.
    """
    options = ChromeOptions()
    for flag in ("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(flag)
    options.binary_location = "/usr/bin/chromium"
    return Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def main() -> None:
    """Serve one page on this machine and play it."""
    assert os.getuid() != 0, "runs as root"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.html").write_text(PAGE, encoding="utf-8")
        handler = functools.partial(SimpleHTTPRequestHandler, directory=folder)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with chromium() as browser:
            browser.get(f"http://127.0.0.1:{server.server_port}/")
            browser.find_element(By.TAG_NAME, "button").click()
            WebDriverWait(browser, 10).until(lambda now: now.title == "Bought")
            version = browser.capabilities["browserVersion"]
            print(f"user {os.getuid()}, Chromium {version}: {browser.title}")
    print(f"t2po/WebShopBrowser-v0: reward {shop()}")


def shop() -> float:
    """Play an expert's episode in the browser; returns its reward."""
    env: Any = gym.make("t2po/WebShopBrowser-v0", sandbox=False).unwrapped
    env.reset(seed=0)
    expert, reward, ended = ScriptedShopper(env, random.Random(0)), 0.0, False
    while not ended:
        _, reward, terminated, truncated, _ = env.step(expert.turn().action)
        ended = terminated or truncated
    env.close()
    assert reward == 1.0, f"the expert's reward is {reward}"
    return float(reward)


main()
