"""T2PO Gym: Gymnasium environments for multi-turn language agents.

Importing the package registers the environment ids (``ENV_IDS``). An environment and its data are
loaded when it is made. The names in ``__all__`` are the public interface: they keep their meaning
and import path from release to release, whichever module defines them.

==========================  ========================================================================
Writing an environment      ``TextEnv``, ``Outcome``, ``Progress``, ``TextSpace``,
                            ``check_text_env``, ``ContractError``
Running many                ``BatchedTextEnv``, ``GroupedEnvs``
Rewards from progress       ``PotentialShaping``, ``ProgressReward``
The agent's side            ``PromptedEnv``, ``PromptBuilder``, ``FormatTemplate``,
                            ``PromptTemplate``, ``PromptView``, ``PastTurn``, ``ParsedAction``,
                            ``parse_tagged``, ``project_webshop``
Recording and replaying     ``EpisodeTrace``, ``record``, ``replay``, ``read_traces``,
                            ``write_traces``, ``TraceMismatch``
==========================  ========================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from t2po_gym.core.env import Outcome, TextEnv
from t2po_gym.core.many.vector import BatchedTextEnv, GroupedEnvs
from t2po_gym.core.progress import PotentialShaping, Progress, ProgressReward
from t2po_gym.core.spaces import TextSpace
from t2po_gym.registration import ENV_IDS, register_all

if TYPE_CHECKING:
    from t2po_gym.core.agent.actions import ParsedAction, parse_tagged, project_webshop
    from t2po_gym.core.agent.history import PastTurn
    from t2po_gym.core.agent.prompted import PromptedEnv
    from t2po_gym.core.agent.prompts import (
        FormatTemplate,
        PromptBuilder,
        PromptTemplate,
        PromptView,
    )
    from t2po_gym.core.many.checker import ContractError, check_text_env
    from t2po_gym.core.many.trace import (
        EpisodeTrace,
        TraceMismatch,
        read_traces,
        record,
        replay,
        write_traces,
    )

__version__ = "0.2.0"

__all__ = [
    "ENV_IDS",
    "BatchedTextEnv",
    "ContractError",
    "EpisodeTrace",
    "FormatTemplate",
    "GroupedEnvs",
    "Outcome",
    "ParsedAction",
    "PastTurn",
    "PotentialShaping",
    "Progress",
    "ProgressReward",
    "PromptBuilder",
    "PromptTemplate",
    "PromptView",
    "PromptedEnv",
    "TextEnv",
    "TextSpace",
    "TraceMismatch",
    "check_text_env",
    "parse_tagged",
    "project_webshop",
    "read_traces",
    "record",
    "replay",
    "write_traces",
]

_LOADED_ON_USE = {
    "ContractError": "core.many.checker",
    "EpisodeTrace": "core.many.trace",
    "FormatTemplate": "core.agent.prompts",
    "ParsedAction": "core.agent.actions",
    "PastTurn": "core.agent.history",
    "PromptBuilder": "core.agent.prompts",
    "PromptTemplate": "core.agent.prompts",
    "PromptView": "core.agent.prompts",
    "PromptedEnv": "core.agent.prompted",
    "TraceMismatch": "core.many.trace",
    "check_text_env": "core.many.checker",
    "parse_tagged": "core.agent.actions",
    "project_webshop": "core.agent.actions",
    "read_traces": "core.many.trace",
    "record": "core.many.trace",
    "replay": "core.many.trace",
    "write_traces": "core.many.trace",
}
"""Public names that load on first use, to keep `import t2po_gym` fast."""


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    module = _LOADED_ON_USE.get(name)
    if module is None:
        raise AttributeError(f"module 't2po_gym' has no attribute {name!r}")
    value = getattr(import_module(f"t2po_gym.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})


register_all()
