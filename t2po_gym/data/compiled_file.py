"""``CompiledFile``: base class of the stores over a compiled array file."""

from __future__ import annotations

from pathlib import Path

from t2po_gym.data.arrayfile import ArrayFile

__all__ = ["CompiledFile"]


class CompiledFile:
    """Base of the stores that read their records from an `ArrayFile` in ``_file``."""

    _file: ArrayFile

    @property
    def path(self) -> Path:
        """The compiled file."""
        return self._file.path

    @property
    def source(self) -> str:
        """One line that states where the records come from."""
        return str(self._file.meta["source"])
