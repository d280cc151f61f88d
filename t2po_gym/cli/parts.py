"""The trainers and the leaderboard, which this package knows by name only.

In the repository they are `baselines` and `leaderboards`, beside `t2po_gym`; an installed wheel
holds them inside it (setup.py says why).
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

__all__ = ["import_part"]


def import_part(name: str) -> ModuleType:
    """Import one of their modules by its name in the repository, such as `leaderboards.tracks`.

    Any other module is imported under its own name.

    Raises:
        ImportError: If the module needs something that is not installed.
    """
    top = name.partition(".")[0]
    inside = find_spec(f"t2po_gym.{top}") is not None
    return import_module(f"t2po_gym.{name}" if inside else name)
