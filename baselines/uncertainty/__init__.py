"""The uncertainty signal of T2PO: how unsure the model is at one token, and over one turn.

| paper | here | meaning |
|---|---|---|
| H_t | `entropy` | entropy of the next-token distribution, in nats |
| C_t | `confidence` | minus the mean log-probability of the j most likely tokens, in nats |
| H~, C~ | inside `SignalRange.measure` | both after min-max normalisation to [0, 1] |
| alpha | `SignalConfig.alpha` | weight of the entropy in M |
| M_t | `SignalRange.measure` | alpha * H~ + (1 - alpha) * (1 - C~); higher means less certain |
| Phi^k | `geometric_mean` | exp(mean of log M_t) over the sampled tokens of turn k |

C_t is least, log j, where the j most likely tokens share all probability evenly. From there it
grows as the distribution sharpens (the tail of the top j becomes very unlikely), so both terms of M
fall with certainty. Two limits:

- With j = 1 the sign flips (C becomes -log p_max, small where sharp) and the two terms cancel;
  `SignalConfig` therefore asks for j >= 2, and below 5 C still says little against H.
- C also grows towards log V as probability leaks out of the top j. Sharpening the logits raises C
  only where E_p[z] exceeds the mean of the top j logits; choose j so that the top j hold most of
  the mass.

Everything is computed from raw logits, before temperature and top-p, in natural logarithms.
"""

from .ranges import (
    CausalSeries,
    SignalRange,
    causal_series,
    offline_series,
)
from .signal import (
    SignalConfig,
    geometric_mean,
    released_score,
    released_turn_score,
)
from .tokens import (
    FloatArray,
    TokenSignal,
    confidence,
    entropy,
    token_signal,
    token_signal_of,
)

__all__ = [
    "CausalSeries",
    "FloatArray",
    "SignalConfig",
    "SignalRange",
    "TokenSignal",
    "causal_series",
    "confidence",
    "entropy",
    "geometric_mean",
    "offline_series",
    "released_score",
    "released_turn_score",
    "token_signal",
    "token_signal_of",
]
