"""The recipe writes what verl reads: settings it knows, tasks of the split, a loop it can make."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import verl
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from baselines.adapters.verl.recipe.prepare import Recipe, prepare
from baselines.adapters.verl.setup import Setup
from baselines.policy.loading import resolve_model
from baselines.policy.tokenizer import load_tokenizer
from baselines.sampling.replies import ReplyReader

pytestmark = pytest.mark.filterwarnings("default")
MODEL = str(resolve_model("builtin:webshop-cold-start"))
CONFIGS = str(Path(verl.__file__).parent / "trainer" / "config")


def recipe(folder: Path, **changes: object) -> Recipe:
    small = {"train_tasks": 6, "val_tasks": 3, "model": MODEL}
    return Recipe(folder=folder, **(small | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("algorithm", ["gigpo", "t2po", "grpo"])
def test_verl_knows_every_setting(algorithm: str, tmp_path: Path) -> None:
    made = recipe(tmp_path / "run", algorithm=algorithm, epsilon=0.03, eta=0.008)
    prepare(made)
    overrides = (made.folder / "overrides").read_text().splitlines()
    with initialize_config_dir(config_dir=CONFIGS, version_base=None):
        config = compose(config_name="ppo_trainer", overrides=overrides)
    rollout = config.actor_rollout_ref.rollout
    assert (rollout.n, rollout.temperature, rollout.prompt_length) == (8, 1.0, 4096)
    assert config.trainer.use_v1, "the trainer that takes several rows of one loop"
    assert config.algorithm.adv_estimator == ("grpo_turns" if algorithm == "grpo" else algorithm)
    assert ("logits_processors" in (rollout.engine_kwargs.vllm or {})) == (algorithm == "t2po")
    if algorithm == "t2po":
        ours = json.loads(rollout.engine_kwargs.vllm.additional_config)["t2po"]
        assert ours.pop("records") == str(made.records)
        reader = ReplyReader(load_tokenizer(MODEL), **ours)
        setup = setup_of(made)
        assert reader.thinking_tokens == setup.reader.thinking_tokens
        assert setup.records is not None
        assert str(setup.records.folder) == str(made.records)


def setup_of(made: Recipe) -> Setup:
    """What the loop reads."""
    (loop,) = OmegaConf.load(made.folder / "agent_loop.yaml")
    assert loop.name == "t2po_gym"
    return Setup.of(loop.play, loop.records, MODEL, load_tokenizer(MODEL))


def test_rows_name_tasks(tmp_path: Path) -> None:
    made = recipe(tmp_path / "run")
    prepare(made)
    setup = setup_of(made)
    for name, split, learn, count in (("train", "train", True, 6), ("val", "dev", False, 3)):
        rows = pq.read_table(made.folder / f"{name}.parquet").to_pylist()
        assert len({row["task_id"] for row in rows}) == count
        assert {(row["split"], row["learn"]) for row in rows} == {(split, learn)}
        assert [row["extra_info"]["index"] for row in rows] == list(range(count))
        with setup.stage(split) as stage:
            plan = setup.plan(stage, rows[-1]["task_id"], 0, 0, learn)
            assert stage.envs[0].unwrapped.task_id(plan.tasks[0]) == rows[-1]["task_id"]


def test_t2po_asks_for_its_thresholds(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"give thinking\.epsilon"):
        prepare(recipe(tmp_path / "run", algorithm="t2po"))
