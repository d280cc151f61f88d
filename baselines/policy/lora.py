"""LoRA through peft: small trained matrices beside the frozen weights of a model.

An adapter is saved alone, with the name of its base model: `adapter_model.safetensors` and
`adapter_config.json`, as peft writes them. The base model is loaded again from where it came from.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from transformers import AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

from ..config import LoRAConfig
from .problems import ModelError
from .recompute import recomputed_layers

__all__ = [
    "base_of",
    "drawn_from",
    "dropouts",
    "is_adapter",
    "is_target",
    "layers_of_shape",
    "linear_layers",
    "load_adapter",
    "new_adapter",
    "require_peft",
    "require_targets",
    "save_adapter",
]

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
AUTO = "auto"


def require_peft() -> None:
    """Raise a ValueError that names the extra if peft is not installed."""
    if find_spec("peft") is None:
        raise ValueError("LoRA needs the package peft: pip install 't2po-gym[lora]'.")


def is_adapter(folder: str | Path) -> bool:
    """Whether a folder holds an adapter, and not a whole model."""
    return (Path(folder) / SETTINGS).is_file()


def base_of(folder: str | Path) -> str:
    """Return the name of the model that the adapter of a folder belongs to.

    Raises:
        ModelError: its settings do not say.
    """
    file = Path(folder) / SETTINGS
    try:
        base = json.loads(file.read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (ValueError, KeyError, TypeError) as problem:
        raise ModelError(
            f"{file} does not name the adapter's base model (base_model_name_or_path); save the "
            "adapter again, or write the name of its model in there."
        ) from problem
    return str(base)


def linear_layers(model: nn.Module) -> list[str]:
    """Return the names of all linear layers but the output head, such as `model.layers.0.up`."""
    head = model.get_output_embeddings()  # type: ignore[operator]
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, (nn.Linear, Conv1D)) and module is not head
    ]


def layers_of_shape(shape: Any) -> list[str]:
    """Return the linear layers of a model by its configuration; no weight is made."""
    with torch.device("meta"):
        return linear_layers(AutoModelForCausalLM.from_config(shape))


def is_target(layer: str, targets: Sequence[str]) -> bool:
    """Whether a linear layer is one of the targets: by its name, or the end of it after a dot."""
    return AUTO in targets or any(f".{layer}".endswith(f".{target}") for target in targets)


def require_targets(layers: Sequence[str], targets: Sequence[str]) -> None:
    """Check that every target is the name of a layer, or the end of one after a dot.

    Raises:
        ValueError: one is not; the message lists the names there are.
    """
    for target in targets:
        if not any(is_target(name, [target]) for name in layers):
            known = sorted({name.rpartition(".")[2] for name in layers})
            raise ValueError(
                f"policy.lora.targets names {target!r}, but no linear layer of the model is called "
                f"that; there are {', '.join(known)}."
            )


def new_adapter(model: Any, how: LoRAConfig, base: str, generator: torch.Generator) -> Any:
    """Put fresh matrices into a model, in place; it computes what it did, for one of two is zero.

    Args:
        model: a Hugging Face causal LM; its own weights are frozen.
        how: rank, alpha, dropout, targets.
        base: name of the model, saved with the adapter; a folder by its whole path.
        generator: draws the other matrix, on the CPU.

    Returns:
        The `peft.PeftModel` around the model. Its matrices are float32 whatever the model's format.

    Raises:
        ValueError: a target is missing, or peft is.
    """
    require_peft()
    import peft  # an extra; slow to import

    require_targets(linear_layers(model), how.targets)
    config = peft.LoraConfig(
        r=how.rank,
        lora_alpha=how.alpha,
        lora_dropout=how.dropout,
        target_modules="all-linear" if AUTO in how.targets else list(how.targets),
        task_type="CAUSAL_LM",
    )
    device = model.get_input_embeddings().weight.device
    # The library draws from the global generator before the matrices are drawn again below.
    with (
        torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
        _wrapped_as_it_is(model),
    ):
        adapter = peft.get_peft_model(model, config)
    with torch.no_grad():
        for name, matrix in adapter.named_parameters():
            if "lora_A" in name:
                drawn = torch.empty(matrix.shape)
                nn.init.kaiming_uniform_(drawn, a=math.sqrt(5), generator=generator)
                matrix.copy_(drawn)
    adapter.active_peft_config.base_model_name_or_path = base
    return adapter.eval()


def load_adapter(model: Any, folder: str | Path) -> Any:
    """Put the adapter of a folder into its base model, in place; returns a `peft.PeftModel`."""
    require_peft()
    import peft

    with _wrapped_as_it_is(model):
        return peft.PeftModel.from_pretrained(model, str(folder), is_trainable=True).eval()


@contextmanager
def _wrapped_as_it_is(model: Any) -> Iterator[None]:
    """Undo what peft does to a model with gradient checkpointing, and keep it quiet.

    It makes embeddings require gradients, which reentrant checkpoints would need and ours do not,
    and looks whether to by a name that transformers 5.24 warns about.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield
    if recomputed_layers(model):
        model.disable_input_require_grads()


def save_adapter(adapter: Any, folder: Path, whole: dict[str, Any] | None = None) -> None:
    """Write an adapter's matrices and settings.

    Args:
        adapter: the `peft.PeftModel`.
        folder: where to.
        whole: its matrices by name, where the model holds pieces of them alone.
    """
    import peft

    folder.mkdir(parents=True, exist_ok=True)
    state = peft.get_peft_model_state_dict(adapter, whole, save_embedding_layers=False)
    save_file({name: matrix.contiguous().cpu() for name, matrix in state.items()}, folder / WEIGHTS)
    settings = adapter.active_peft_config
    if isinstance(settings.target_modules, set):  # whose order is another one in every process
        settings.target_modules = sorted(settings.target_modules)
    settings.save_pretrained(str(folder))


def dropouts(adapter: Any) -> list[nn.Module]:
    """Return the modules through which an adapter drops inputs while learning."""
    found = (m for name, m in adapter.named_modules() if ".lora_dropout." in name)
    return [module for module in found if isinstance(module, nn.Dropout)]


@contextmanager
def drawn_from(device: torch.device, *entropy: int) -> Iterator[None]:
    """Let dropout draw from integers and nothing else; the global generators are as before."""
    seed = int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]) >> 1
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
