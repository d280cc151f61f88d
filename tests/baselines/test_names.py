"""The package under its two names: `baselines` here, `t2po_gym.baselines` in a wheel."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import baselines
from baselines import found_as
from baselines.cold_start.deliberate import DeliberateShopper
from baselines.cold_start.experts import find_expert
from baselines.presets import PRESETS
from t2po_gym.cli.parts import import_part

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("baselines", "leaderboards")
ALGORITHMS = ("t2po", "gigpo", "grpo", "ppo")
SOURCES = [path for top in TOPS for path in sorted((ROOT / top).rglob("*.py"))]


@pytest.mark.parametrize("path", SOURCES, ids=[str(p.relative_to(ROOT)) for p in SOURCES])
def test_modules_import_each_other_relatively(path: Path) -> None:
    """An import by the name in the repository would find nothing in a wheel, or someone else's."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & set(TOPS)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").partition(".")[0] not in TOPS


def test_a_module_s_name_is_the_one_it_has_here() -> None:
    assert not baselines.INSTALLED
    for name in ("baselines.engine.host", "t2po_gym.baselines.engine.host"):
        assert found_as(name) == "baselines.engine.host"
    assert found_as("t2po_gym.baselines") == "baselines"
    for other in ("baselines_of_mine.expert", "t2po_gym.core", "mine.baselines.expert"):
        assert found_as(other) == other


def test_settings_of_an_installed_package_are_understood() -> None:
    named = PRESETS["webshop-deliberate"]().cold_start.expert
    assert find_expert("", named) is DeliberateShopper
    assert find_expert("", f"t2po_gym.{named}") is DeliberateShopper


def test_every_module_named_in_a_text_goes_through_found_as() -> None:
    """Words of the help and of documentation may say `baselines.x`; what is imported may not."""
    quoted = re.compile(r"""(?<!found_as\()["'](?:baselines|leaderboards)\.[\w.]+""")
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in SOURCES
        for name in quoted.findall(path.read_text(encoding="utf-8"))
    }
    scripts = {(f"baselines/{a}_train.py", f'"baselines.{a}_train') for a in ALGORITHMS}
    assert found - scripts == {
        ("baselines/presets/deliberate.py", '"baselines.cold_start.deliberate'),  # a setting
    }


def test_the_command_finds_both_packages() -> None:
    assert import_part("baselines.presets").PRESETS is PRESETS
    assert import_part("leaderboards.tracks.track").__name__ == "leaderboards.tracks.track"
    assert import_part("t2po_gym.cli.tables").__name__ == "t2po_gym.cli.tables"
