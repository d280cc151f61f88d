"""T2PO Gym: Gymnasium environments for multi-turn language agents.

Importing the package registers the ids (``ENV_IDS``); environments and their data are loaded
when one is made.
"""

from t2po_gym.core.env import Outcome, TextEnv
from t2po_gym.core.progress import PotentialShaping, Progress, ProgressReward
from t2po_gym.core.spaces import TextSpace
from t2po_gym.core.vector import BatchedTextEnv, GroupedEnvs
from t2po_gym.registration import ENV_IDS, register_all

__version__ = "0.1.0"

__all__ = [
    "ENV_IDS",
    "BatchedTextEnv",
    "GroupedEnvs",
    "Outcome",
    "PotentialShaping",
    "Progress",
    "ProgressReward",
    "TextEnv",
    "TextSpace",
]

register_all()
