"""Imports point one way: a lower layer never imports a higher one (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("t2po_gym", "baselines", "leaderboards")
HEAVY = {"torch", "transformers", "tokenizers", "matplotlib", "tensorboard", "safetensors"}

# Layer of every module; a module may import its own layer or a lower one.
LAYERS = {
    0: ("t2po_gym", "baselines.types", "baselines.assets", "leaderboards.schema"),
    1: (
        "baselines.uncertainty",
        "baselines.intervention",
        "baselines.advantages",
        "baselines.losses",
        "baselines.config",
        "baselines.flags",
        "baselines.presets",
    ),
    2: (
        "baselines.rollout",
        "baselines.collate",
        "baselines.policy",
        "baselines.generation",
        "baselines.copy_circuit",
        "baselines.decoding_cache",
        "baselines.prompting",
        "baselines.tokenizer",
        "baselines.experts",
    ),
    3: (
        "baselines.evaluation",
        "baselines.update",
        "baselines.checkpoint",
        "baselines.copy_practice",
        "baselines.curves",
        "baselines.metrics",
        "baselines.preflight",
        "baselines.run_folder",
    ),
    4: (
        "baselines.cold_start",
        "baselines.command",
        "baselines.t2po_train",
        "baselines.gigpo_train",
        "baselines.grpo_train",
        "baselines.ppo_train",
        "leaderboards.submit",
        "leaderboards.verify",
    ),
}
# Inside t2po_gym: the contract knows no environment, an environment knows no command line.
INNER = ("t2po_gym.data", "t2po_gym.core", "t2po_gym.retrieval", "t2po_gym.envs", "t2po_gym.cli")


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
            found.add(base)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def layer(name: str) -> int | None:
    """Return the layer of a module by its longest listed prefix; None for a bare package."""
    best = None
    for number, prefixes in LAYERS.items():
        for prefix in prefixes:
            if (name == prefix or name.startswith(prefix + ".")) and (
                best is None or len(prefix) > best[0]
            ):
                best = (len(prefix), number)
    return None if best is None else best[1]


MODULES = modules()


def test_every_module_has_a_layer() -> None:
    bare = {"baselines", "leaderboards"}
    assert [name for name in MODULES if layer(name) is None and name not in bare] == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name: str) -> None:
    own = layer(name)
    for target in imports(name, MODULES[name]):
        other = layer(target)
        if own is not None and other is not None:
            assert other <= own, f"{name} (layer {own}) imports {target} (layer {other})"


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.startswith("t2po_gym")))
def test_environments_know_no_trainer(name: str) -> None:
    for target in imports(name, MODULES[name]):
        assert target.split(".")[0] not in HEAVY | {"baselines", "leaderboards"}, (name, target)


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.startswith(INNER)))
def test_the_contract_knows_no_environment(name: str) -> None:
    rank = {prefix: i for i, prefix in enumerate(INNER)}
    own = max(i for prefix, i in rank.items() if name.startswith(prefix))
    for target in imports(name, MODULES[name]):
        for prefix, i in rank.items():
            if target == prefix or target.startswith(prefix + "."):
                assert i <= own, f"{name} imports {target}"


def test_pure_modules_know_no_environment() -> None:
    for pure in ("uncertainty", "intervention", "advantages", "losses"):
        for name, path in MODULES.items():
            if name.startswith(f"baselines.{pure}"):
                assert not any(t.startswith("t2po_gym") for t in imports(name, path)), name
