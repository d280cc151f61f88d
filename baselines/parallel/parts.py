"""Saved states of optimisers and critics: one file of one process, a folder of pieces of many.

A folder is what torch.distributed.checkpoint writes, each process its own pieces at the same time.
Both forms are read by any number of processes: a part says how its state looks here
(`blank_state`), and the saved one is read into that.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save
from torch.distributed.tensor import DTensor, distribute_tensor

from .world import here

__all__ = ["Part", "read_part", "write_part"]


class Part(Protocol):
    """Something beside the policy whose state a checkpoint keeps: an optimiser, a critic."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state as tensors and plain values."""

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Take up what `state_dict` returned."""

    def blank_state(self) -> dict[str, Any]:
        """Return a state of the right form, for a saved one to be read into."""


def write_part(state: Mapping[str, Any], place: Path) -> None:
    """Write a part's state: all processes come here.

    Args:
        state: as `state_dict` returned it.
        place: path of the folder; of the file without its ending `.pt`.
    """
    if here().size == 1:
        torch.save(state, place.with_suffix(".pt"))
    else:
        save(dict(state), checkpoint_id=place)


def read_part(part: Part, place: Path, device: torch.device) -> bool:
    """Give a part the state that was saved for it; False where there is none.

    Args:
        part: changed in place; all processes come here.
        place: as in `write_part`.
        device: where its tensors are.
    """
    file = place.with_suffix(".pt")
    alone = here().size == 1
    if file.is_file():
        state = torch.load(file, map_location=device if alone else "cpu", weights_only=True)
        part.load_state_dict(state if alone else cut_like(part.blank_state(), state))
        return True
    if not place.is_dir():
        return False
    blank = part.blank_state()
    with warnings.catch_warnings():
        # One process is a choice here, and nothing to be warned of.
        warnings.filterwarnings("ignore", "torch.distributed is disabled", UserWarning)
        load(blank, checkpoint_id=place, no_dist=alone)
    part.load_state_dict(blank)
    return True


def cut_like(form: Any, state: Any) -> Any:
    """Return a whole state in pieces: the piece that this process has of every tensor in `form`."""
    if isinstance(form, DTensor):
        whole = state.to(form.device, form.dtype)
        return distribute_tensor(whole, form.device_mesh, form.placements, src_data_rank=None)
    if isinstance(form, dict):
        return {key: cut_like(form[key], value) for key, value in state.items()}
    if isinstance(form, list) and form and isinstance(form[0], torch.Tensor):
        return [cut_like(*pair) for pair in zip(form, state, strict=True)]
    return state
