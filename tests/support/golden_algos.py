"""Reads recordings of the original algorithms: a JSON file per topic, with any number of cases.

How they were made: docs/originals/algorithms.md, section 18.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from shared import shared_path

ROUNDING_OF_EQUAL_SCORES = 5e-10


@dataclass(frozen=True)
class Case:
    """One recorded call: what went in, what came out, and how exactly it must be met."""

    file: str
    name: str
    inputs: dict[str, Any]
    params: dict[str, Any]
    expected: Any
    rtol: float

    def array(self, key: str) -> np.ndarray:
        return np.array(self.inputs[key], dtype=np.float64)

    def tensor(self, key: str) -> torch.Tensor:
        return torch.tensor(self.inputs[key], dtype=torch.float64)

    def check(self, key: str, actual: Any, where: Any = None) -> None:
        """Compare one expected value, on the mask `where` if there is one."""
        self.close(actual, self.expected[key], key, where)

    def close(self, actual: Any, expected: Any, what: str, where: Any = None) -> None:
        if isinstance(actual, torch.Tensor):
            actual = actual.detach().numpy()
        want = np.array(expected, dtype=np.float64)
        got = np.asarray(actual, dtype=np.float64)
        assert got.shape == want.shape, (self.name, what)
        if where is not None:
            keep = np.asarray(where) != 0
            got, want = got[keep], want[keep]
        finite = np.abs(want[np.isfinite(want)])
        # Entries that cancelled to rounding noise are judged by the size of their neighbours.
        atol = self.rtol * 1e-3 * finite.max() if finite.size else 0.0
        if self.file in ("outcome_advantages", "grpo_multiturn", "gigpo"):
            # Equal scores give 0 here. The originals divide the rounding error of their mean
            # (at most 2.2e-16 of the score) by the 1e-6 that guards the standard deviation.
            atol = max(atol, ROUNDING_OF_EQUAL_SCORES)
        np.testing.assert_allclose(
            got, want, rtol=self.rtol, atol=max(atol, 1e-15), err_msg=f"{self.name}: {what}"
        )


def _numbers(value: Any) -> Any:
    """Undo the text forms of non-finite numbers."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    special = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
    return special.get(value, value) if isinstance(value, str) else value


def cases(topic: str) -> list[Any]:
    """Every case of a topic as pytest parameters; one skipped parameter without shared data."""
    try:
        path = shared_path("golden", "algos", f"{topic}.json")
    except pytest.skip.Exception as reason:
        return [pytest.param(None, marks=pytest.mark.skip(reason=str(reason)), id="no-shared")]
    content = json.loads(path.read_text(encoding="utf-8"))
    return [
        pytest.param(
            Case(
                file=topic,
                name=case["name"],
                inputs=_numbers(case.get("inputs", {})),
                params=_numbers(case.get("params", {})),
                expected=_numbers(case["expected"]),
                rtol=float(content["meta"]["suggested_rtol"]),
            ),
            id=case["name"],
        )
        for case in content["cases"]
    ]
