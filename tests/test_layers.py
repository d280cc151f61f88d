"""Imports point one way: the walls of docs/architecture.md, walked in the sources.

A wall is a list of rooms, lowest first. A module may import its own room and lower ones. Rooms are
dotted prefixes; the longest that fits a module is its room.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("t2po_gym", "baselines", "leaderboards")
HEAVY = {"torch", "transformers", "vllm", "tokenizers", "matplotlib", "tensorboard", "safetensors"}

PACKAGE_ROOMS: tuple[tuple[str, ...], ...] = (
    ("t2po_gym",),  # everything below t2po_gym is the lowest room of what trains and judges agents
    ("baselines.trajectory", "baselines.assets", "leaderboards.tracks"),
    (
        "leaderboards.submission",
        "baselines.uncertainty",
        "baselines.intervention",
        "baselines.advantages",
        "baselines.losses",
        "baselines.config",
        "baselines.presets",
        "baselines.run.flags",
        "baselines.optimisation",
        "baselines.parallel",
    ),
    ("baselines.policy", "baselines.pretrained", "leaderboards.checking"),
    ("baselines.forecast",),
    ("baselines.sampling", "baselines.collate", "baselines.cold_start.experts"),
    ("baselines.engine",),
    ("baselines.rewards", "leaderboards.packing", "leaderboards.pages"),
    ("baselines.rollout", "leaderboards.board", "leaderboards.review"),
    ("baselines.metrics",),
    ("baselines.evaluation", "baselines.update", "baselines.critic", "baselines.local_policy"),
    ("baselines.run",),
    ("baselines.cold_start",),
    ("baselines.run.training", "baselines.run.main"),
    ("baselines.adapters",),
    (
        "baselines.t2po_train",
        "baselines.gigpo_train",
        "baselines.grpo_train",
        "baselines.ppo_train",
        "leaderboards.commands",
    ),
)
"""Rooms of the whole repository, lowest first; those of one line may import each other."""

GYM_ROOMS = (
    ("t2po_gym.data",),
    ("t2po_gym.core",),
    ("t2po_gym.core.many", "t2po_gym.core.agent"),
    ("t2po_gym.retrieval",),
    ("t2po_gym.envs",),
    ("t2po_gym.server",),
    ("t2po_gym.browser",),
    ("t2po_gym.evaluation",),
    ("t2po_gym.watch", "t2po_gym.adapters"),
    ("t2po_gym.cli",),
)
"""Inside t2po_gym: the contract knows no environment, an environment knows no command line."""

ENVIRONMENT_ROOMS = (
    ("data",),  # what the files hold
    ("world",),  # how it plays
    ("generate", "site"),  # invented data; pages as HTML
    ("", "originals"),  # what gym.make builds, and the originals' way of building it
    ("agents",),  # nobody imports an agent
)
"""Inside each environment: its rooms, lowest first; "" are the modules beside the rooms."""

NEVER = {
    "world": ("generate", "originals", "agents"),
    "data": ("world", "generate", "originals", "agents"),
    "generate": ("site", "originals", "agents", ""),
    "site": ("generate", "originals", "agents", ""),
}
"""Said once more by name, so that a reordering above cannot open these walls."""

ENVIRONMENTS = ("webshop", "alfworld", "searchqa")
OWN_ROOMS = {"webshop": {"site"}}
"""Rooms that one environment has beside those that all have."""


def modules() -> dict[str, Path]:
    """Return every module of the packages by dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path) -> set[str]:
    """Return every absolute module name that a file imports, wherever in the file."""
    found = set()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, base] if base else up)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def rank(name: str, rooms: tuple[tuple[str, ...], ...]) -> int | None:
    """Return the number of a module's room, None outside all of them."""
    best: tuple[int, int] | None = None
    for number, prefixes in enumerate(rooms):
        for prefix in prefixes:
            fits = name == prefix or name.startswith(prefix + ".")
            if fits and (best is None or len(prefix) > best[0]):
                best = (len(prefix), number)
    return None if best is None else best[1]


def climbs(name: str, rooms: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return what a module imports from a higher room than its own."""
    own = rank(name, rooms)
    if own is None:
        return []
    return [t for t in imports(name, MODULES[name]) if (rank(t, rooms) or 0) > own]


def room_of(name: str, environment: str) -> str | None:
    """Return an environment's room that a name lies in; "" beside the rooms, None outside."""
    prefix = f"t2po_gym.envs.{environment}."
    if not name.startswith(prefix):
        return None
    first = name[len(prefix) :].split(".")[0]
    return first if (ROOT / "t2po_gym" / "envs" / environment / first).is_dir() else ""


MODULES = modules()


def test_every_module_has_a_room() -> None:
    bare = {"baselines", "leaderboards"}
    homeless = [name for name in MODULES if rank(name, PACKAGE_ROOMS) is None and name not in bare]
    assert homeless == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name: str) -> None:
    assert climbs(name, PACKAGE_ROOMS) == []
    assert climbs(name, GYM_ROOMS) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_walls_inside_an_environment(environment: str) -> None:
    order = {room: number for number, rooms in enumerate(ENVIRONMENT_ROOMS) for room in rooms}
    for name, path in MODULES.items():
        own = room_of(name, environment)
        if own is None:
            continue
        for target in imports(name, path):
            other = room_of(target, environment)
            if other is not None:
                assert order[other] <= order[own], f"{name} imports {target}"
                assert other not in NEVER.get(own, ()), f"{name} imports {target}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_has_the_same_rooms(environment: str) -> None:
    folder = ROOT / "t2po_gym" / "envs" / environment
    rooms = {path.name for path in folder.iterdir() if (path / "__init__.py").is_file()}
    all_have = {"data", "world", "generate", "originals", "agents"}
    assert rooms == all_have | OWN_ROOMS.get(environment, set())
    assert {"env.py", "tasks.py"} <= {path.name for path in folder.glob("*.py")}


def test_environments_know_each_other_not() -> None:
    for name, path in MODULES.items():
        for own in ENVIRONMENTS:
            for other in set(ENVIRONMENTS) - {own}:
                if name.startswith(f"t2po_gym.envs.{own}."):
                    prefix = f"t2po_gym.envs.{other}"
                    assert not any(t.startswith(prefix) for t in imports(name, path)), name


def test_an_environment_never_imports_the_agents_side() -> None:
    side = "t2po_gym.core.agent"
    for name, path in MODULES.items():
        if name.startswith("t2po_gym.envs.") and name.split(".")[3:4] in (["data"], ["generate"]):
            assert not any(t.startswith(side) for t in imports(name, path)), name


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.startswith("t2po_gym.adapters.")))
def test_an_adapter_knows_no_other(name: str) -> None:
    """Each needs a framework that the others do without; what they share needs none."""
    shared = {"t2po_gym.adapters.episode", "t2po_gym.adapters.serving"}
    own = ".".join(name.split(".")[:3])
    for target in imports(name, MODULES[name]):
        if target.startswith("t2po_gym.adapters."):
            assert ".".join(target.split(".")[:3]) in shared | {own}, (name, target)


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.startswith("t2po_gym")))
def test_environments_know_no_trainer(name: str) -> None:
    for target in imports(name, MODULES[name]):
        assert target.split(".")[0] not in HEAVY | {"baselines", "leaderboards"}, (name, target)


def test_pure_modules_know_no_environment() -> None:
    for pure in ("uncertainty", "intervention", "advantages", "losses"):
        for name, path in MODULES.items():
            if name.startswith(f"baselines.{pure}"):
                assert not any(t.startswith("t2po_gym") for t in imports(name, path)), name


def test_a_climb_is_found() -> None:
    """The walls hold nothing up if the walker is blind."""
    assert rank("t2po_gym.core.env", GYM_ROOMS) < rank("t2po_gym.envs.toy.env", GYM_ROOMS)
    assert room_of("t2po_gym.envs.webshop.world.session", "webshop") == "world"
    assert room_of("t2po_gym.envs.webshop.env", "webshop") == ""
    found = imports("t2po_gym.registration", ROOT / "t2po_gym" / "registration.py")
    assert "t2po_gym.core.many.vector.BatchedTextEnv" in found


@pytest.mark.parametrize("folder", ["baselines", "benchmarks", "tests"])
def test_no_script_hides_a_module_of_python(folder: str) -> None:
    """Python looks for imports in the folder of the script that it runs first."""
    names = {path.stem for path in (ROOT / folder).iterdir()}
    assert names & set(sys.stdlib_module_names) == set()
