"""No recording of the algorithms is left unread: each has a test that runs over all its cases."""

from __future__ import annotations

from golden_algos import cases
from shared import shared_path

READ_BY = {
    "test_advantages_golden": {
        "aggregation",
        "dapo_filter",
        "gae_step",
        "gae_token",
        "gigpo",
        "grpo_multiturn",
        "outcome_advantages",
        "overlong",
    },
    "test_intervention": {"released_tti", "t2po_formula"},
    "test_losses_golden": {"aggregation", "entropy", "kl", "policy_loss", "trl_loss", "value_loss"},
    "test_uncertainty": {"entropy", "t2po_formula"},
}


def test_every_recorded_file_is_read() -> None:
    recorded = {path.stem for path in shared_path("golden", "algos").glob("*.json")}
    assert recorded <= set().union(*READ_BY.values())


def test_no_recorded_file_is_empty() -> None:
    shared_path("golden", "algos")
    for topic in set().union(*READ_BY.values()):
        assert cases(topic), topic
