"""Where the files of a model are, and what is wrong with them; no weights are loaded."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import transformers
from huggingface_hub import constants, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from .loading import resolve_model
from .lora import WEIGHTS, base_of, is_adapter
from .problems import ModelError, first_line

__all__ = ["is_here", "read_shape", "require_weights", "source_of"]

PATIENCE = 5.0
"""Seconds that the hub has to answer."""
WHOLE = ("model.safetensors", "pytorch_model.bin")
"""Weights in one file; in several, a list of them has this name and `.index.json`."""


def source_of(name: str) -> str:
    """Return name or folder of the whole model behind a name: of an adapter, its base model's.

    Raises:
        ValueError: there is no such folder or built-in model, or an adapter does not say its base.
    """
    path, seen = resolve_model(name), {""}
    while is_adapter(path) and path not in seen:
        seen.add(path)
        path = resolve_model(base_of(path))
    if path in seen:
        raise ModelError(f"the adapter in {path} is said to be its own base model.")
    return path


def is_here(path: str) -> bool:
    """Return whether a model's configuration can be looked at without asking the hub."""
    if Path(path).is_dir():
        return True
    try:
        return isinstance(try_to_load_from_cache(path, "config.json"), str)
    except HFValidationError:
        return False


def read_shape(path: str) -> Any:
    """Return the configuration of a causal language model, from its folder or the hub.

    Args:
        path: folder, or name on the hub.

    Raises:
        ModelError: it is not to be had, or is none of a causal language model that is known.
    """
    if Path(path).is_dir():
        _check_configuration(Path(path))
    elif not is_here(path):
        _check_hub(path)
    try:
        shape = AutoConfig.from_pretrained(path, trust_remote_code=False)
    except (OSError, ValueError) as problem:
        raise ModelError(
            f"the configuration of {path} cannot be read: {first_line(problem)}."
        ) from problem
    if type(shape) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise ModelError(
            f"{path} is a model of type {shape.model_type!r}, which is no causal language model; "
            "name one that continues text."
        )
    return shape


def _check_configuration(folder: Path) -> None:
    file = folder / "config.json"
    if not file.is_file():
        raise ModelError(
            f"there is no config.json in {folder}; name the folder of a model, the name of one on "
            "the hub (owner/name) or builtin:NAME."
        )
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ModelError(
            f"{file} is no JSON ({first_line(problem)}); fetch the model again."
        ) from problem
    kind = values.get("model_type") if isinstance(values, dict) else None
    if not kind:
        raise ModelError(f"{file} names no model_type, so that nobody knows which model it is.")
    if kind not in transformers.CONFIG_MAPPING and "auto_map" not in values:
        raise ModelError(
            f"{file} is of a model of type {kind!r}, which transformers {transformers.__version__} "
            "does not know; take another model, or a release of transformers that knows it."
        )


def _check_hub(name: str) -> None:
    """Refuse a model that is not on this machine where the hub cannot be asked for it."""
    try:
        try_to_load_from_cache(name, "config.json")  # looks at the name first
    except HFValidationError as problem:
        raise ModelError(
            f"{name!r} is neither a folder nor what a model on the hub can be called (owner/name)."
        ) from problem
    if constants.HF_HUB_OFFLINE:
        raise ModelError(
            f"{name} is not on this machine, and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids to "
            "ask the hub: unset it, or name a folder."
        )
    if not _hub_answers():
        raise ModelError(
            f"{name} is not on this machine, and the hub ({constants.ENDPOINT}) does not answer: "
            "connect to it, or name a folder that holds the model."
        )


def _hub_answers() -> bool:
    """Whether somebody is at the hub's address, asked once; behind a proxy only a request tells."""
    if getproxies():
        return True
    place = urlsplit(constants.ENDPOINT)
    port = place.port or (80 if place.scheme == "http" else 443)
    try:
        socket.create_connection((place.hostname or "", port), timeout=PATIENCE).close()
    except OSError:
        return False
    return True


def require_weights(folder: Path) -> None:
    """Check that a folder holds all files of a model's or adapter's weights, and open them.

    Raises:
        ModelError: one is missing, or is no file of weights.
    """
    names = (WEIGHTS, "adapter_model.bin") if is_adapter(folder) else WHOLE
    files = _weight_files(folder, names)
    missing = [name for name in files if not (folder / name).is_file()]
    if missing or not files:
        raise ModelError(
            f"there is no {' or '.join(missing or names)} in {folder}, so that the model has no "
            "weights; fetch or save it again."
        )
    for file in (folder / name for name in files if name.endswith(".safetensors")):
        try:
            with safe_open(file, "pt"):  # reads no more than what is inside
                pass
        except (SafetensorError, OSError) as problem:
            raise ModelError(
                f"{file} is no whole file of weights ({first_line(problem)}); fetch it again."
            ) from problem


def _weight_files(folder: Path, names: tuple[str, ...]) -> list[str]:
    """Return the files that the weights should be in, those that are loaded first."""
    for name in names:
        if (folder / name).is_file():
            return [name]
        index = folder / f"{name}.index.json"
        if index.is_file():
            try:
                parts = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
                return sorted(set(map(str, parts)))
            except (ValueError, KeyError, TypeError, AttributeError) as problem:
                raise ModelError(f"{index} is no list of weights; fetch it again.") from problem
    return []
