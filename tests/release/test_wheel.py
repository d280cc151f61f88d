"""The wheel outside the repository, on every Python that is at hand (make test-wheel)."""

from __future__ import annotations

import os
import re

import pytest
from installed import Installed, python_of
from wheel_scripts import BROWSER, EVERY_ID, EVERY_MODULE

import t2po_gym

pytestmark = pytest.mark.wheel
NAMED = os.environ.get("T2PO_GYM_WHEEL_PYTHONS", "").split()
PYTHONS = NAMED or ["3.10", "3.11", "3.12", "3.13"]
CORE_MB, SECONDS = 150, 60
TOOLS = {"pip", "setuptools"}
"""Part of every environment, whatever is installed."""
SHOP = "t2po/WebShop-v0"
DESCRIPTION = """
from importlib.metadata import metadata
print(metadata("t2po-gym").json["description"])
"""


@pytest.fixture(scope="module", params=PYTHONS)
def core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel without extras."""
    python = python_of(request.param)
    if python is None and not NAMED:
        pytest.skip(f"Python {request.param} is not on this machine")
    assert python is not None, f"Python {request.param} was asked for and is not on this machine"
    made = Installed(tmp_path_factory.mktemp("wheel"), python)
    made.create()
    return made


def test_a_first_observation_within_a_minute(core: Installed) -> None:
    print(f"{core.seconds:.1f} s from pip install to the first observation")
    assert core.seconds < SECONDS


def test_one_name_at_the_top(core: Installed) -> None:
    _, files = core.distributions["t2po-gym"]
    tops = {file.partition("/")[0] for file in files if not file.startswith("..")}
    assert tops == {"t2po_gym", f"t2po_gym-{t2po_gym.__version__}.dist-info"}
    assert [file for file in files if "/tests/" in file or "/submissions/" in file] == []


def test_its_page_has_no_link_into_the_repository(core: Installed) -> None:
    page = core.run_python(DESCRIPTION)
    targets = re.findall(r"\]\(([^)]+)\)", page)
    assert page.startswith("# T2PO Gym\n")
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
    assert "<!--" not in page


def test_the_core_is_small(core: Installed) -> None:
    sizes = {name: size / 1e6 for name, (size, _) in core.distributions.items()}
    sizes = {name: size for name, size in sizes.items() if name not in TOOLS}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:8]
    print(f"{sum(sizes.values()):.1f} MB:", *(f"{name} {sizes[name]:.1f}" for name in largest))
    assert sum(sizes.values()) <= CORE_MB


def test_every_id_plays(core: Installed) -> None:
    assert core.run_python(EVERY_ID).split() == list(t2po_gym.ENV_IDS)


def test_the_browser_says_what_it_misses(core: Installed) -> None:
    said = core.run_python(BROWSER)
    assert said == "A browser environment needs the extra `browser`: " + (
        "pip install 't2po-gym[browser]'\n"
    )


def test_modules_miss_extras_only(core: Installed) -> None:
    loaded = set(core.run_python(EVERY_MODULE).split())
    assert {"t2po_gym.baselines.metrics", "t2po_gym.leaderboards.commands.submit"} <= loaded


def test_evaluate_verify_watch(core: Installed) -> None:
    said = core.command("eval", SHOP, "--policy", "expert", "--tasks", "3", "--out", "run")
    assert "100.0 %" in said
    assert "3 episodes replay as recorded." in core.command("verify", "run")
    assert core.command("watch", "run").count("solved") >= 3


def test_play_from_a_pipe(core: Installed) -> None:
    said = core.command("play", SHOP, typed="search[towel]\n/quit\n")
    assert "Page 1 (Total results:" in said
    assert "left after 1 turn" in said


def test_a_submission_is_packed_and_verified(core: Installed) -> None:
    core.command("eval", "--track", "searchqa-compact", "--policy", "random", "--out", "track")
    who = ["--org", "lab", "--slug", "random", "--name", "Random", "--contact", "me@example.org"]
    core.command("submit", "track", *who, "--into", "entries")
    (folder,) = (core.home / "entries").iterdir()
    said = core.command("verify", f"entries/{folder.name}")
    assert "200 episodes replay as recorded" in said


def test_training_names_its_extra(core: Installed) -> None:
    said = core.command("train", "t2po", "--preset", "toy", status=1)
    assert said.startswith("Training needs the extra `train`: pip install 't2po-gym[train]'")
