"""Results of vector environments in a form that ``==`` compares wholly."""

from __future__ import annotations

from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Arrays as (dtype, list), so that == compares types as well as values."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return (value.dtype.str, [plain(item) for item in value.tolist()])
    if isinstance(value, (tuple, list)):
        return tuple(plain(item) for item in value)
    return value
