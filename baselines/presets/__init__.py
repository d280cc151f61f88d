"""Named starting points for the settings; flags override them one by one.

| name | what |
|---|---|
| `webshop` | the default run: a small policy learns to shop on a CPU in minutes |
| `alfworld` | the same for household tasks |
| `searchqa` | the same for questions to look up |
| `toy` | ToyKeys in some minutes, for trying things out |
| `*-deliberate` | each of the three with long thoughts that hesitate: a test of TTI and TDS |
| `webshop-llm`, `alfworld-llm`, `searchqa-llm` | a pretrained model, with the published settings |
| `paper-webshop`, `paper-alfworld`, `paper-searchqa` | the paper's, for eight GPUs |
| `smollm2` | one short step of a real model on a CPU: `--model "$(t2po-gym data smollm2 --path)"` |
| `released` | the authors' released T2PO settings on WebShop, for a pretrained model on a GPU |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..config import TrainConfig
from .deliberate import (
    alfworld_deliberate,
    searchqa_deliberate,
    webshop_deliberate,
)
from .llm import alfworld_llm, searchqa_llm, webshop_llm
from .paper import paper_alfworld, paper_searchqa, paper_webshop
from .released import released
from .small import alfworld, searchqa, toy, webshop
from .smollm2 import smollm2

__all__ = [
    "DEFAULT",
    "OF_ENV",
    "OF_ENV_LLM",
    "PRESETS",
    "SMALL",
    "alfworld",
    "alfworld_llm",
    "paper_alfworld",
    "paper_searchqa",
    "paper_webshop",
    "released",
    "searchqa",
    "searchqa_llm",
    "smollm2",
    "toy",
    "webshop",
    "webshop_llm",
]

DEFAULT = "webshop"

OF_ENV: Mapping[str, str] = {
    "t2po/WebShop-v0": "webshop",
    "t2po/ALFWorld-v0": "alfworld",
    "t2po/SearchQA-Easy-v0": "searchqa",
    "t2po/ToyKeys-v0": "toy",
}
"""Preset that `--env` means where none is named and the policy is a small one."""

OF_ENV_LLM: Mapping[str, str] = {
    "t2po/WebShop-v0": "webshop-llm",
    "t2po/ALFWorld-v0": "alfworld-llm",
    "t2po/SearchQA-v0": "searchqa-llm",
    "t2po/SearchQA-Easy-v0": "searchqa-llm",
    "t2po/SearchQA-Medium-v0": "searchqa-llm",
    "t2po/SearchQA-Hard-v0": "searchqa-llm",
    "t2po/SearchQA-Expert-v0": "searchqa-llm",
}
"""Preset that `--env` means where none is named and `--model` is a pretrained one."""

SMALL = (
    *("webshop", "alfworld", "searchqa", "toy"),
    *("webshop-deliberate", "alfworld-deliberate", "searchqa-deliberate"),
)
"""Presets whose learning rate, lengths and prompts suit policies of about a million parameters."""


PRESETS: Mapping[str, Callable[[], TrainConfig]] = {
    "webshop": webshop,
    "alfworld": alfworld,
    "searchqa": searchqa,
    "toy": toy,
    "webshop-deliberate": webshop_deliberate,
    "alfworld-deliberate": alfworld_deliberate,
    "searchqa-deliberate": searchqa_deliberate,
    "webshop-llm": webshop_llm,
    "alfworld-llm": alfworld_llm,
    "searchqa-llm": searchqa_llm,
    "paper-webshop": paper_webshop,
    "paper-alfworld": paper_alfworld,
    "paper-searchqa": paper_searchqa,
    "smollm2": smollm2,
    "released": released,
}
