"""verl imports what Ray has deprecated. It is loaded here once, where that is no error of ours."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec

if find_spec("verl") is not None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_module("verl.experimental.agent_loop.agent_loop")
        import_module("verl.trainer.ppo.v1.utils")
