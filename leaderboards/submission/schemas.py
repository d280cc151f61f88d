"""JSON schemas of the files, made from the models that check them."""

from __future__ import annotations

import json

from pydantic import BaseModel

from .manifest import Submission
from .trajectory import Trajectory

__all__ = ["schema_files"]


def schema_files() -> dict[str, bytes]:
    """Return the content of every file in `leaderboards/schema`, by name."""
    models: dict[str, type[BaseModel]] = {
        "submission.json": Submission,
        "trajectory.json": Trajectory,
    }
    return {
        name: (json.dumps(model.model_json_schema(), indent=2) + "\n").encode()
        for name, model in models.items()
    }
