"""Find the games that the original packages play, from alfworld's configuration and data folder.

It reads the parts of alfworld's configuration file that choose text games: ``dataset.data_path``,
``dataset.eval_id_data_path``, ``dataset.eval_ood_data_path``, ``dataset.num_train_games``,
``dataset.num_eval_games``, ``env.task_types``, ``env.domain_randomization``. Without a file, the
defaults of its ``base_config.yaml`` apply. ``$ALFWORLD_DATA`` (default ``~/.cache/alfworld``) names
the data folder.

Unlike in the original, games are sorted by path on every file system, nothing is printed, and an
empty collection is an error instead of an endless loop.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from t2po_gym.data.json_text import TOO_DEEP, parse_json
from t2po_gym.envs.alfworld.data.errors import GameDataError
from t2po_gym.envs.alfworld.data.game import TASK_TYPES

__all__ = ["DATA_VARIABLE", "EXTRA", "GameFiles", "find_games"]

EXTRA = "pip install 't2po-gym[alfworld]'"
"""Command that installs the original packages."""

DATA_VARIABLE = "ALFWORLD_DATA"
"""Environment variable that names alfworld's data folder."""

_DEFAULT_DATA = "~/.cache/alfworld"
_PATHS: Mapping[str, tuple[str, str]] = {
    "train": ("data_path", "train"),
    "valid_seen": ("eval_id_data_path", "valid_seen"),
    "valid_unseen": ("eval_ood_data_path", "valid_unseen"),
}
"""Split -> its key in the configuration, and its folder under ``json_2.1.1``."""

_EXCLUDED = ("movable", "Sliced")


@dataclass(frozen=True, slots=True, kw_only=True)
class GameFiles:
    """The games of a split as the original packages see it.

    Example: ``GameFiles(paths=(Path("/data/json_2.1.1/valid_seen/.../game.tw-pddl"),),
    shuffled_names=False)``
    """

    paths: tuple[Path, ...]
    """Game files, in the order of their paths."""

    shuffled_names: bool
    """Whether ``env.domain_randomization`` asks for shuffled numbers in the names (train only)."""


def find_games(split: str, config: str | Path | Mapping[str, Any] | None = None) -> GameFiles:
    """Find the games of a split.

    Args:
        split: ``train``, ``valid_seen`` or ``valid_unseen``.
        config: alfworld's configuration: the path of its YAML file, or its content.

    Raises:
        GameDataError: If the configuration cannot be read, or there are no games.
    """
    if split not in _PATHS:
        raise GameDataError(f"the original has the splits {', '.join(_PATHS)}; got {split!r}")
    content = config if isinstance(config, Mapping) else _read(config)
    dataset, env = _part(content, "dataset"), _part(content, "env")
    key, folder = _PATHS[split]
    place = dataset.get(key, f"${DATA_VARIABLE}/json_2.1.1/{folder}")
    if not isinstance(place, str):
        raise GameDataError(f"dataset.{key} of the configuration should be a path, not {place!r}")
    root = Path(_expanded(place))
    wanted = _task_types(env.get("task_types", range(1, len(TASK_TYPES) + 1)))
    paths = [path for path in _candidates(root) if _is_wanted(path, wanted)]
    limit = dataset.get("num_train_games" if split == "train" else "num_eval_games", -1)
    if isinstance(limit, int) and limit > 0:
        paths = paths[:limit]
    if not paths:
        raise GameDataError(
            f"there are no ALFWorld games for split {split!r} in {root}; run alfworld-download, or "
            f"set {DATA_VARIABLE} (or dataset.{key} in the configuration) to where they are"
        )
    shuffled = split == "train" and bool(env.get("domain_randomization", False))
    return GameFiles(paths=tuple(paths), shuffled_names=shuffled)


def _read(config: str | Path | None) -> Mapping[str, Any]:
    if config is None:
        return {}
    try:
        yaml = import_module("yaml")
    except ImportError:
        raise GameDataError(
            f"reading alfworld's configuration file {config} needs PyYAML; install it with {EXTRA}"
        ) from None
    try:
        content = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())  # PyYAML writes several lines
        raise GameDataError(f"cannot read the configuration file {config}: {reason}") from error
    except RecursionError as error:
        raise GameDataError(f"cannot read the configuration file {config}: {TOO_DEEP}") from error
    if not isinstance(content, Mapping):
        raise GameDataError(f"the configuration file {config} should hold sections such as 'env:'")
    return content


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = content.get(name, {})
    if not isinstance(part, Mapping):
        raise GameDataError(f"section {name!r} of the configuration should map names to values")
    return part


def _task_types(numbers: Any) -> frozenset[str]:
    """Return the kinds of task with these official numbers; unknown numbers are ignored."""
    try:
        chosen = {TASK_TYPES[n - 1] for n in numbers if 1 <= n <= len(TASK_TYPES)}
    except TypeError:
        raise GameDataError(
            f"env.task_types of the configuration should list numbers from 1 to 6, not {numbers!r}"
        ) from None
    return frozenset(chosen)


def _expanded(place: str) -> str:
    """Expand environment variables; alfworld's own has a default."""
    if not os.environ.get(DATA_VARIABLE):
        default = os.path.expanduser(_DEFAULT_DATA)
        for form in (f"${{{DATA_VARIABLE}}}", f"${DATA_VARIABLE}"):
            place = place.replace(form, default)
    return os.path.expanduser(os.path.expandvars(place))


def _candidates(root: Path) -> list[Path]:
    """Return the game files that have a trajectory file next to them, sorted by path."""
    found = []
    for folder, _, files in os.walk(root):
        if any(word in folder for word in _EXCLUDED):
            continue
        if "traj_data.json" in files and "game.tw-pddl" in files:
            found.append(Path(folder, "game.tw-pddl"))
    return sorted(found)


def _is_wanted(path: Path, wanted: frozenset[str]) -> bool:
    """Return whether the original would play the file: chosen kind of task, marked solvable."""
    task = _json(path.with_name("traj_data.json")).get("task_type")
    return task in wanted and bool(_json(path).get("solvable"))


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise GameDataError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(content, Mapping):
        raise GameDataError(f"{path}: should hold one JSON object")
    return content
