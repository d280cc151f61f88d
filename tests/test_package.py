"""The package as a whole: what importing it does and costs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import gymnasium as gym

import t2po_gym

HEAVY = ("torch", "transformers", "rapidfuzz", "rich", "tyro", "pydantic", "spacy", "baselines")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_registers_the_ids() -> None:
    assert set(t2po_gym.ENV_IDS) <= set(gym.registry)
    t2po_gym.registration.register_all()  # a second time changes nothing and warns of nothing


def test_version_is_the_distribution_s() -> None:
    assert t2po_gym.__version__ == version("t2po-gym")


def test_import_loads_nothing_heavy_and_no_environment() -> None:
    loaded = run(
        "import sys, t2po_gym; print(*[m for m in sys.modules "
        f"if m.split('.')[0] in {HEAVY!r} or m.startswith('t2po_gym.envs.')])"
    )
    assert loaded == ""


def test_import_is_quick() -> None:
    """Less than 0.3 s of CPU over Gymnasium and NumPy; the best of three on a shared machine."""
    code = (
        "import gymnasium, numpy, time; start = time.process_time(); import t2po_gym; "
        "print(time.process_time() - start)"
    )
    assert min(float(run(code)) for _ in range(3)) < 0.3
