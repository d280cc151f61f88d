"""How episodes are played: rollouts, thinking intervention, turn resampling, evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..intervention import Cut, ThinkingRule, TurnRule
from .checks import (
    ANY_COUNT,
    COUNT,
    PART,
    POSITIVE,
    SHARE,
    WEIGHT,
    check_numbers,
    require,
)

__all__ = ["CalibrationConfig", "EvalConfig", "RolloutConfig", "ThinkingConfig", "TurnRuleConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutConfig:
    """How experience is collected."""

    tasks: int = 8
    """Tasks per step."""
    group: int = 8
    """Identical episodes per task: same first state, different samples."""
    max_reply_tokens: int = 64
    """Longest reply."""
    temperature: float = 1.0
    """Sampling temperature; the training log-probabilities use the same."""
    max_rows: int = 128
    """Most replies decoded at once."""
    reuse_prompts: bool = False
    """Keep the keys and values of a turn's prompts for its further tries (TDS), which then read
    nothing again: less time, more memory. Members of a group share a prompt in any case."""
    compile: bool = False
    """Decode in steps of fixed shapes that are compiled, on a GPU as CUDA graphs: for models whose
    kernels take less time than launching them. Finished replies stay in the batch until the last
    one is done."""
    dynamic_sampling: int = 0
    """DAPO's dynamic sampling: draw further tasks until `tasks` groups have contrast (members that
    did not all do equally well), in at most this many draws; 0 takes the first draw as it is."""

    def __post_init__(self) -> None:
        check_numbers(
            "rollout",
            self,
            tasks=COUNT,
            group=COUNT,
            max_reply_tokens=COUNT,
            temperature=POSITIVE,
            max_rows=COUNT,
            dynamic_sampling=ANY_COUNT,
        )
        require(
            self.dynamic_sampling == 0 or self.group >= 2,
            "rollout: dynamic_sampling compares the members of a group; it needs group of at "
            "least 2.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingConfig:
    """TTI: close the thought once its uncertainty has settled."""

    enabled: bool = True
    """Whether thoughts are ever closed for the policy."""
    epsilon: float | None = None
    """Close when the window mean of |M_t - M_(t-1)| falls below this. None: calibrated."""
    epsilon_quantile: float = 0.1
    """Share of thoughts that the calibrated epsilon would have closed in the first rollout."""
    window: int = 19
    """N: the mean runs over N + 1 changes. Ours."""
    min_tokens: int = 32
    """L_min: never before this many thinking tokens. Ours; tiny policies want fewer."""
    max_tokens: int = 450
    """L_max: close at this length whatever the signal says (authors' scripts: 450)."""
    min_action_tokens: int = 16
    """Tokens that must remain for the action after the queue, else nothing is forced."""
    queue: str = "</think>\n<action>"
    """What is written when the thought is closed."""
    cut: Cut = "window"
    """When a thought is closed: `window` (T2PO: its uncertainty has settled), `peak` (ablation: at
    the first peak of M after `min_tokens`) or `budget` (ablation: a hard thinking budget, at
    `max_tokens` whatever the signal says)."""

    def __post_init__(self) -> None:
        check_numbers(
            "thinking",
            self,
            epsilon=WEIGHT,
            epsilon_quantile=SHARE,
            window=ANY_COUNT,
            min_tokens=ANY_COUNT,
            max_tokens=COUNT,
            min_action_tokens=ANY_COUNT,
        )
        require(
            self.queue.startswith("</think>"),
            f"thinking: queue is {self.queue!r}; the text that closes a thought must begin with "
            "</think>, for example '</think>\\n<action>'.",
        )

    def rule(self, epsilon: float) -> ThinkingRule:
        """Return the rule with a given threshold."""
        return ThinkingRule(
            epsilon=epsilon,
            window=self.window,
            min_tokens=self.min_tokens,
            max_tokens=self.max_tokens,
            min_action_tokens=self.min_action_tokens,
            cut=self.cut,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRuleConfig:
    """TDS: sample a turn again if its uncertainty moved too little since the last turn."""

    enabled: bool = True
    """Whether turns are ever sampled again."""
    eta: float | None = None
    """Resample when |Phi_k - Phi_(k-1)| is below this. None: calibrated."""
    eta_quantile: float = 0.1
    """Share of turns that the calibrated eta would have rejected in the first rollout."""
    max_resamples: int = 2
    """B_max: at most this many resamples per turn; the last candidate is always played."""
    variant: Literal["published", "released"] = "published"
    """`published`: Gamma < eta. `released`: 0 < Gamma < eta."""
    filter_void: bool = False
    """Void-turn filtering: turns that fail the rule to the last try are played, but nothing is
    learned from them. With `max_resamples 0` it is the filter alone, without resampling."""

    def __post_init__(self) -> None:
        check_numbers("turns", self, eta=WEIGHT, eta_quantile=SHARE, max_resamples=ANY_COUNT)

    def rule(self, eta: float) -> TurnRule:
        """Return the rule with a given threshold."""
        return TurnRule(eta=eta, max_resamples=self.max_resamples, variant=self.variant)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationConfig:
    """The first rollout that epsilon and eta are read from when they are not given."""

    tasks: int = 8
    """Tasks it plays."""
    group: int = 4
    """Episodes per task."""

    def __post_init__(self) -> None:
        check_numbers("calibration", self, tasks=COUNT, group=COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalConfig:
    """Held-out evaluation on a fixed panel."""

    before: bool = True
    """Play the panel before training too. A study that starts many runs from one policy plays it
    once for all of them."""
    split: str = "test"
    """Split the panel is taken from."""
    tasks: int = 200
    """Panel size: evenly spaced tasks of the split, the same ones every time."""
    every: int = 0
    """Evaluate every this many steps on `dev_tasks` of `dev_split`; 0 never."""
    dev_split: str = "dev"
    """Split used during training and for choosing the checkpoint."""
    dev_tasks: int = 64
    """Tasks of the evaluations during training."""
    greedy: bool = True
    """Most likely token (True) or sampling with the two settings below."""
    temperature: float = 0.6
    """Temperature when sampling."""
    top_p: float = 0.95
    """Nucleus when sampling."""
    select: Literal["last", "best"] = "last"
    """Policy of the final evaluation: the last one, or the best on the dev panel."""
    thinking: Literal["off", "on", "both"] = "off"
    """Whether thoughts are closed by TTI during evaluation; `both` reports the two."""
    max_rows: int = 256
    """Episodes played at once."""

    def __post_init__(self) -> None:
        check_numbers(
            "eval",
            self,
            tasks=COUNT,
            every=ANY_COUNT,
            dev_tasks=COUNT,
            temperature=WEIGHT if self.greedy else POSITIVE,
            top_p=PART,
            max_rows=COUNT,
        )
