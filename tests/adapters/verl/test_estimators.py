"""Our advantages through verl's registry are those of the recordings of the original GiGPO."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from golden_algos import Case, cases
from verl.trainer.ppo.core_algos import get_adv_estimator_fn

from baselines.adapters.verl import estimators  # noqa: F401 - registers the names
from baselines.adapters.verl.meeting import group_advantages
from baselines.adapters.verl.rows import turn_outputs
from baselines.config import AdvantageConfig, TrainConfig
from baselines.trajectory import Finish, Generation, Trajectory, Turn

pytestmark = pytest.mark.filterwarnings("default")


def turn_of(case: Case, row: int, index: int) -> Turn:
    """A recorded row as a turn: reward, anchor, validity, and as many tokens as its mask has."""
    tokens = int(case.array("response_mask")[row].sum())
    zeros = np.zeros(tokens)
    reply = Generation(
        token_ids=np.arange(tokens, dtype=np.int64),
        sampled=np.ones(tokens, dtype=np.bool_),
        log_probs=zeros - 0.5,
        entropy=zeros,
        confidence=zeros,
        text="",
        finish=Finish.STOP,
    )
    return Turn(
        index=index,
        prompt_ids=np.array([1, 2], dtype=np.int64),
        generation=reply,
        observation="",
        action="",
        reward=float(case.array("reward")[row]),
        valid=bool(case.array("action_valid")[row]),
        accepted=True,
        anchor=str(case.inputs["anchor"][row]),
    )


def episodes_of(case: Case) -> dict[Any, dict[Any, list[int]]]:
    """Group -> trajectory -> its rows, in time order."""
    found: dict[Any, dict[Any, list[int]]] = {}
    for row, (group, owner) in enumerate(
        zip(case.inputs["group"], case.inputs["traj"], strict=True)
    ):
        found.setdefault(group, {}).setdefault(owner, []).append(row)
    return found


@pytest.mark.parametrize("name", ["gigpo", "t2po"])
@pytest.mark.parametrize("case", cases("gigpo"))
def test_registered_estimators_equal_the_recordings(case: Case, name: str) -> None:
    mask = torch.tensor(case.array("response_mask"))
    tried = 0
    for key in case.expected:
        found = re.fullmatch(r"gigpo_(mean\w*_norm)_w([\d.]+?)(?:_sim([\d.]+))?", key)
        if not found:
            continue
        config = TrainConfig(
            algorithm=name,  # type: ignore[arg-type]
            advantage=AdvantageConfig(
                gamma=case.params["gamma"],
                step_weight=float(found[2]),
                norm=found[1],  # type: ignore[arg-type]
                unit="turn",
                similarity=float(found[3]) if found[3] else None,
                invalid_penalty=case.params["invalid_action_penalty"],
            ),
        )
        rewards = torch.zeros_like(mask)
        for members in episodes_of(case).values():
            episodes = {
                number: Trajectory(
                    task_id="task",
                    member=number,
                    turns=tuple(turn_of(case, row, i) for i, row in enumerate(rows)),
                    score=0.0,
                    success=False,
                    progress=0.0,
                )
                for number, rows in enumerate(members.values())
            }
            scores = group_advantages(episodes, config)
            for number, rows in enumerate(members.values()):
                outputs = turn_outputs(episodes[number], scores[number], config, 0.0)
                for row, output in zip(rows, outputs, strict=True):
                    places = mask[row].nonzero().squeeze(-1)
                    rewards[row, places] = output.as_dict()["rm_scores"].double()
        estimator = get_adv_estimator_fn(name)
        advantages, returns = estimator(
            token_level_rewards=rewards,
            response_mask=mask,
            config=None,
            index=np.array(case.inputs["group"], dtype=object),
        )
        # The recordings discount in float32, where this project takes float64; rows are float32.
        want = np.array(case.expected[key])
        np.testing.assert_allclose(advantages, want, rtol=2e-6, atol=5e-7, err_msg=key)
        assert torch.equal(advantages, returns)
        tried += 1
    assert tried >= 4
