"""Where a policy comes from: the hub, a folder, the package, or fresh weights.

Any Hugging Face causal LM by name or folder (`load_policy`), or a small Qwen2-style model with
fresh weights (`new_policy`).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

from ..config import PolicyConfig
from .copy_circuit import prime
from .lora import base_of, is_adapter, load_adapter
from .model import Policy, quiet_library
from .problems import ModelError, first_line
from .tokenizer import THINK_TAGS, load_tokenizer

__all__ = [
    "add_thought_tags",
    "cpu_cores",
    "is_pretrained",
    "load_policy",
    "new_policy",
    "pick_device",
    "require_device",
    "resolve_model",
    "small_shape",
]

SMALL_POLICY_MARK = "t2po_gym_small_policy"  # in the configuration of models made from scratch
BUILTIN = "builtin:"
ROPE_THETA = 1e6  # most rotary pairs of a small head turn slowly enough to carry content


def new_policy(config: PolicyConfig, tokenizer: Any, generator: torch.Generator) -> Policy:
    """Make a small Qwen2-style policy with fresh weights drawn from `generator`."""
    shape = small_shape(
        config,
        len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(devices=[]):  # the library's own initialiser draws globally
        model: Any = Qwen2ForCausalLM(shape)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() >= 2:
                # Fan-in scaling: at these widths the usual 0.02 leaves attention flat for hundreds
                # of steps (measured: three times the loss after 200 steps).
                parameter.normal_(0.0, parameter.shape[1] ** -0.5, generator=generator)
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    # Residual branches start small, so depth does not inflate the stream.
                    parameter.div_(2 * (2 * config.layers) ** 0.5)
            else:
                parameter.fill_(0.0 if name.endswith("bias") else 1.0)
    if config.copy_circuit:
        prime(model, generator)
    return _policy(model.to(_dtype(config)), tokenizer, config)


def small_shape(config: PolicyConfig, vocab_size: int, **others: Any) -> Qwen2Config:
    """Return the configuration of a small policy.

    Args:
        config: its shape.
        vocab_size: entries of its tokenizer.
        others: further values of the configuration.
    """
    return Qwen2Config(
        vocab_size=vocab_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads or config.heads,
        max_position_embeddings=config.max_positions,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        tie_word_embeddings=True,
        **others,
        **{SMALL_POLICY_MARK: True},
    )


def load_policy(name: str, config: PolicyConfig) -> Policy:
    """Load a causal LM and its tokenizer by hub name, folder or `builtin:NAME`.

    A folder may hold an adapter alone; its base model is then loaded first, by the name in there.
    Thought tags that the tokenizer does not have as single tokens are added, their embeddings
    starting at the mean of the pieces they replace.

    Raises:
        ModelError: the weights cannot be read.
        ValueError: there is no such folder or built-in model.
    """
    path = resolve_model(name)
    if is_adapter(path):
        policy = load_policy(base_of(path), config)
        policy.adapter = load_adapter(policy.model, path)
        return policy
    tokenizer = load_tokenizer(path)
    model = _read_model(name, path, config)
    pieces = add_thought_tags(tokenizer)
    if pieces:
        rows = model.get_input_embeddings().weight.shape[0]
        if len(tokenizer) > rows:
            model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        _start_at_mean(model, tokenizer, pieces)
    return _policy(model, tokenizer, config)


def _read_model(name: str, path: str, config: PolicyConfig) -> Any:
    try:
        with quiet_library():
            return AutoModelForCausalLM.from_pretrained(path, dtype=_dtype(config))
    except (OSError, ValueError, RuntimeError, SafetensorError) as problem:
        raise ModelError(f"{name} cannot be loaded: {first_line(problem)}.") from problem


def add_thought_tags(tokenizer: Any) -> dict[str, list[int]]:
    """Add the thought tags that are several tokens; returns the tokens they were, by tag."""
    encoded = {tag: tokenizer.encode(tag, add_special_tokens=False) for tag in THINK_TAGS}
    pieces = {tag: ids for tag, ids in encoded.items() if len(ids) != 1}
    if pieces:
        tokenizer.add_special_tokens(
            {"additional_special_tokens": list(pieces)}, replace_extra_special_tokens=False
        )
    return pieces


def _policy(model: Any, tokenizer: Any, config: PolicyConfig) -> Policy:
    return Policy(
        model,
        tokenizer,
        pick_device(config.device),
        logit_chunk=config.logit_chunk,
        gradient_checkpointing=config.gradient_checkpointing,
    )


def _start_at_mean(model: Any, tokenizer: Any, pieces: dict[str, list[int]]) -> None:
    with torch.no_grad():
        for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
            for tag, ids in pieces.items():
                row = tokenizer.convert_tokens_to_ids(tag)
                layer.weight[row] = layer.weight[ids].mean(dim=0)


def resolve_model(name: str) -> str:
    """Turn `builtin:NAME` into the folder of a checkpoint that comes with the repository.

    Raises:
        ValueError: if there is no such checkpoint, or no folder of a name that can only be a path.
    """
    if not name.startswith(BUILTIN):
        if (name.startswith((".", "/", "~")) or name.count("/") > 1) and not Path(name).is_dir():
            raise ValueError(
                f"there is no folder {name!r} to load a model from; give one with config.json in "
                "it, the name of a model on the hub (owner/name) or builtin:NAME."
            )
        return name
    assets = Path(__file__).resolve().parents[1] / "assets"
    folder = assets / name[len(BUILTIN) :]
    if not (folder / "config.json").is_file():
        known = sorted(p.parent.name for p in assets.glob("*/config.json"))
        raise ValueError(f"there is no built-in model {name!r}; known: {', '.join(known) or '-'}.")
    return str(folder)


def is_pretrained(name: str) -> bool:
    """Whether a model comes from elsewhere: neither empty, nor built in, nor one made here.

    An adapter is what its base model is.
    Small policies made from scratch carry a mark in their configuration. A folder that cannot be
    read counts as pretrained; loading it will say what is wrong.
    """
    if not name or name.startswith(BUILTIN):
        return False
    file = Path(name) / "config.json"
    try:
        if is_adapter(name):
            return is_pretrained(base_of(name))
        if not file.is_file():
            return True
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return True
    made_here = isinstance(config, dict) and config.get(SMALL_POLICY_MARK) is True
    return not made_here and not (Path(name) / "cold_start.json").is_file()


def pick_device(name: str) -> torch.device:
    """Return the named device; `auto` is CUDA where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def require_device(name: str, *, used: bool) -> None:
    """Check that there is such a device.

    Args:
        name: as the settings give it.
        used: whether it must be on this machine; otherwise the name is all that counts.

    Raises:
        ValueError: there is not.
    """
    try:
        device = torch.device("cpu" if name == "auto" else name)
    except RuntimeError as problem:
        raise ValueError(
            f"There is no device {name!r}: set --policy.device to cpu, cuda or auto (CUDA where "
            "there is one)."
        ) from problem
    if not used or device.type == "cpu":
        return
    if device.type == "cuda":
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if found <= (device.index or 0):
            raise ValueError(
                f"--policy.device is {name}, but PyTorch sees {found or 'no'} CUDA devices here: "
                "set it to cpu or auto, or install a PyTorch that fits the GPU and its driver."
            )
        return
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, NotImplementedError, AssertionError) as problem:
        raise ValueError(
            f"PyTorch cannot compute on --policy.device {name} here ({first_line(problem)}): set "
            "it to cpu, cuda or auto."
        ) from problem


def cpu_cores() -> int:
    """Return the number of cores that this process may really use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _dtype(config: PolicyConfig) -> torch.dtype:
    return torch.bfloat16 if config.dtype == "bfloat16" else torch.float32
