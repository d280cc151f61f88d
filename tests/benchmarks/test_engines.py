"""The benchmark of generators counts steps and tokens rightly; engines are tested in tests/vllm."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from benchmark_scripts import load_script

pytest.importorskip("torch", reason="torch is not installed (extra train)")
SCRIPT = load_script("engines")


def group(*episodes: tuple[int, ...]) -> Any:
    return SimpleNamespace(
        trajectories=[
            SimpleNamespace(
                turns=[SimpleNamespace(generation=SimpleNamespace(num_tokens=n)) for n in lengths]
            )
            for lengths in episodes
        ]
    )


def test_steps_turn_by_turn_and_without_a_barrier() -> None:
    assert SCRIPT.steps_of([group((10, 90), (80, 5)), group((1, 1, 40))]) == (210, 100)


def test_the_hugging_face_decoder_is_measured() -> None:
    player = SCRIPT.make_player(*SCRIPT.policy_and_config(), None)
    found = SCRIPT.play(player, 1, None)
    assert found["tokens"] > 8 * 10
    assert found["steps_without_barrier"] <= found["steps_turn_by_turn"]
    assert found["cpu_s"] > 0


def test_medians_are_taken_of_rates() -> None:
    found = [{"tokens": 10, "wall_s": w, "cpu_s": 2.0} for w in (1.0, 2.0, 5.0)]
    middle = SCRIPT.medians(found)
    assert (middle["tokens_per_wall_s"], middle["tokens_per_cpu_s"]) == (5, 5)


def test_idle_units_change_no_output() -> None:
    torch = pytest.importorskip("torch")
    (narrow, _), (wide, _) = SCRIPT.policy_and_config(), SCRIPT.policy_and_config(wide=500)
    assert wide.model.num_parameters() - narrow.model.num_parameters() == 3 * 3 * 128 * (500 - 384)
    ids = torch.arange(40).reshape(2, 20)
    with torch.no_grad():
        torch.testing.assert_close(wide.model(ids).logits, narrow.model(ids).logits)
    with pytest.raises(ValueError, match="have 384 units already"):
        SCRIPT.policy_and_config(wide=10)
