"""Collecting experience: groups of identical episodes.

The environment is stepped exactly once per turn, with the accepted reply. The turn rule (TDS) may
throw candidates away before that; they are counted and forgotten.
"""

from .collecting import collect
from .episodes import RewardError
from .plan import Plan, derive_seed, draw_tasks

__all__ = ["Plan", "RewardError", "collect", "derive_seed", "draw_tasks"]
