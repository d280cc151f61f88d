"""Programs that run where the wheel is installed: texts, since the repository is not there."""

EVERY_ID = """
import gymnasium as gym, t2po_gym
for name in t2po_gym.ENV_IDS:
    env = gym.make(name)
    observation, info = env.reset(seed=0)
    assert observation and "progress" in info, name
    action = info["admissible_actions"][0]
    observation, reward, terminated, truncated, info = env.step(action)
    assert observation and 0 <= info["progress"] <= 1, name
    print(name)
"""
"""Makes, resets and steps every registered environment."""

BROWSER = """
import gymnasium as gym, t2po_gym
try:
    gym.make("t2po/WebShopBrowser-v0")
except ImportError as error:
    print(error)
"""
"""Prints what the environment in Chromium misses."""

EVERY_MODULE = """
import pkgutil, t2po_gym
from importlib import import_module
OURS = {"t2po_gym", "baselines", "leaderboards"}
for found in pkgutil.walk_packages(t2po_gym.__path__, "t2po_gym.", onerror=lambda name: None):
    try:
        import_module(found.name)
    except ModuleNotFoundError as error:
        assert error.name.split(".")[0] not in OURS, (found.name, error)
    except (ImportError, ValueError, SystemExit) as error:
        assert "t2po-gym[" in str(error), (found.name, error)
    else:
        print(found.name)
"""
"""Prints every module that can be imported; the others must miss an extra, not one of ours."""

EXPERTS = """
from t2po_gym.baselines.cold_start.experts import find_expert
from t2po_gym.baselines.presets import PRESETS
for name, preset in PRESETS.items():
    config = preset()
    if config.cold_start.expert:
        print(name, find_expert(config.env, config.cold_start.expert).__module__)
"""
"""Prints where the experts come from that presets name by the repository's names."""
