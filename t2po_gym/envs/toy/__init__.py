"""ToyKeys: a tiny deterministic text world of rooms, keys and a locked chest."""

from t2po_gym.envs.toy.env import ToyKeysEnv
from t2po_gym.envs.toy.expert import expert_action, expert_actions
from t2po_gym.envs.toy.tasks import KeysTask

__all__ = ["KeysTask", "ToyKeysEnv", "expert_action", "expert_actions"]
