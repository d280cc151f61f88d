"""When T2PO steps in: it closes a stalled thought (TTI) and resamples a void turn (TDS).

Both are state machines over numbers; they never see a model, a tokenizer or an environment.
"""

from .rules import (
    Controller,
    Cut,
    Step,
    StopReason,
    ThinkingRecord,
    ThinkingRule,
    ThinkingTokens,
)
from .thinking import (
    ReleasedController,
    ThinkingController,
    make_controller,
    window_means,
)
from .turns import (
    TurnMonitor,
    TurnRule,
    Verdict,
    acceptance_weight,
    is_void,
    rejection_rate,
    released_preset,
    should_resample,
    threshold_at,
)

__all__ = [
    "Controller",
    "Cut",
    "ReleasedController",
    "Step",
    "StopReason",
    "ThinkingController",
    "ThinkingRecord",
    "ThinkingRule",
    "ThinkingTokens",
    "TurnMonitor",
    "TurnRule",
    "Verdict",
    "acceptance_weight",
    "is_void",
    "make_controller",
    "rejection_rate",
    "released_preset",
    "should_resample",
    "threshold_at",
    "window_means",
]
