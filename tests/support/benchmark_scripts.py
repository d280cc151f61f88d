"""Loading a benchmark as its own run would see it, without leaving its folder on the path."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def load_script(name: str) -> ModuleType:
    """Return the module of ``benchmarks/<name>.py``.

    The folder of a script leads Python's path while it runs. It must not stay there: its
    ``alfworld.py`` would hide the package of that name from later tests.
    """
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module
