r"""Write everything that a run of verl reads into one folder.

    python -m baselines.adapters.verl.recipe.prepare verl-webshop --algorithm t2po \
        --epsilon 0.03 --eta 0.008

makes `train.parquet`, `val.parquet` (tasks by name), `play.json` (what is played and how),
`agent_loop.yaml`, `modules` (what verl imports) and `overrides` (verl's settings). Then
`baselines/adapters/verl/recipe/run.sh verl-webshop` starts verl.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

try:
    import torch  # noqa: F401 - the extra is either there or told of
except ModuleNotFoundError:
    sys.exit("The recipe needs the extra `verl`: pip install 't2po-gym[verl]'.")
import tyro

from t2po_gym.evaluation.environment import make_env, panel

from .... import found_as
from ....config import TrainConfig, to_json
from ....engine.messages import ARGUMENT
from ....policy.tokenizer import load_tokenizer
from ....presets import PRESETS
from ..setup import check_play, engine_settings

__all__ = ["Recipe", "main", "overrides_of", "prepare"]

VERL = found_as("baselines.adapters.verl")
"""The adapter's package, for verl, which imports by name."""
ESTIMATORS = {"t2po": "t2po", "gigpo": "gigpo", "grpo": "grpo_turns"}
"""verl's own `grpo` gives every row of an episode the advantage of its last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to train."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Where everything is written."""
    model: str = "Qwen/Qwen3-4B"
    """Hub name or folder."""
    preset: str = "webshop-llm"
    """A preset of this project for language models: environment, prompts, rollout, advantages."""
    algorithm: Literal["t2po", "gigpo", "grpo"] = "gigpo"
    """t2po needs a vLLM server with our logits processor, and epsilon and eta."""
    epsilon: float | None = None
    """Threshold of TTI."""
    eta: float | None = None
    """Threshold of TDS."""
    train_tasks: int = 2048
    """Tasks of the training split, evenly spaced."""
    val_tasks: int = 128
    """Tasks of the dev split."""
    gpus: int = 8
    """GPUs of the machine; each holds a copy of the sampler."""

    def config(self) -> TrainConfig:
        """Return what is played and how."""
        if self.preset not in PRESETS:
            known = ", ".join(name for name in PRESETS if name.endswith("-llm"))
            raise ValueError(f"There is no preset {self.preset!r}; take one of {known}.")
        base = PRESETS[self.preset]()
        return replace(
            base,
            algorithm=self.algorithm,
            model=self.model,
            thinking=replace(base.thinking, epsilon=self.epsilon),
            turns=replace(base.turns, eta=self.eta),
        )

    @property
    def records(self) -> Path:
        """Where the engine leaves replies."""
        folder = self.folder.resolve()
        place = sha256(str(folder).encode()).hexdigest()[:12]  # others have the same name elsewhere
        return Path("/dev/shm") / f"t2po-gym-{folder.name}-{place}"


def prepare(recipe: Recipe) -> None:
    """Write the folder.

    Raises:
        ValueError: the settings ask for what the loop cannot do.
        OSError: the model is neither here nor to be had, or the folder cannot be written.
    """
    config, folder = recipe.config(), recipe.folder.resolve()
    recorded = recipe.algorithm == "t2po"
    check_play(config, recorded)
    lines = overrides_of(recipe, config)  # nothing is written if the model is not to be had
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "play.json").write_text(to_json(config), encoding="utf-8")
    write_tasks(folder / "train.parquet", config, config.train_split, recipe.train_tasks, True)
    write_tasks(folder / "val.parquet", config, config.eval.dev_split, recipe.val_tasks, False)
    loop = {
        "name": "t2po_gym",
        "_target_": f"{VERL}.loop.TurnAgentLoop",
        "play": str(folder / "play.json"),
        "records": str(recipe.records) if recorded else "",
    }
    # JSON is YAML, and needs no library to be written.
    (folder / "agent_loop.yaml").write_text(json.dumps([loop], indent=2) + "\n", encoding="utf-8")
    (folder / "modules").write_text(f"{VERL}.estimators\n", encoding="utf-8")
    (folder / "overrides").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_tasks(path: Path, config: TrainConfig, split: str, count: int, learn: bool) -> None:
    """Write tasks as rows of verl's data; a row's prompt is made by the loop, in every turn."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    env = make_env(config.env, {"split": split, **config.env_kwargs})
    chosen = panel(env.num_tasks(), count)
    rows: list[dict[str, Any]] = [
        {
            "data_source": config.env,
            "prompt": [{"role": "user", "content": env.task_id(index)}],
            "task_id": env.task_id(index),
            "split": split,
            "learn": learn,
            "extra_info": {"index": place},
        }
        for place, index in enumerate(chosen)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)


def overrides_of(recipe: Recipe, config: TrainConfig) -> list[str]:
    """Return verl's settings as Hydra overrides, one a line."""
    folder, how, rollout = recipe.folder.resolve(), config.optim, config.rollout
    actor, server = "actor_rollout_ref.actor", "actor_rollout_ref.rollout"
    values: dict[str, Any] = {
        "algorithm.adv_estimator": ESTIMATORS[recipe.algorithm],
        "algorithm.use_kl_in_reward": False,
        "data.train_files": folder / "train.parquet",
        "data.val_files": folder / "val.parquet",
        "data.train_batch_size": rollout.tasks,
        "data.max_prompt_length": config.prompt.max_tokens,
        "data.max_response_length": rollout.max_reply_tokens,
        "actor_rollout_ref.model.path": recipe.model,
        f"{actor}.optim.lr": how.lr,
        f"{actor}.optim.weight_decay": how.weight_decay,
        f"{actor}.ppo_mini_batch_size": rollout.tasks,
        f"{actor}.use_dynamic_bsz": True,
        f"{actor}.ppo_max_token_len_per_gpu": how.micro_batch_tokens,
        f"{actor}.clip_ratio_low": config.loss.clip_low,
        f"{actor}.clip_ratio_high": config.loss.clip_high,
        f"{actor}.loss_agg_mode": config.loss.aggregation,
        f"{actor}.use_kl_loss": config.loss.kl_coef != 0.0,
        f"{actor}.kl_loss_coef": config.loss.kl_coef,
        f"{actor}.kl_loss_type": "low_var_kl",
        f"{actor}.entropy_coeff": config.loss.entropy_coef,
        f"{server}.name": "vllm",
        f"{server}.tensor_model_parallel_size": 1,
        f"{server}.n": rollout.group,
        f"{server}.temperature": rollout.temperature,
        f"{server}.agent.default_agent_loop": "t2po_gym",
        f"{server}.agent.agent_loop_config_path": folder / "agent_loop.yaml",
        "trainer.n_gpus_per_node": recipe.gpus,
        "trainer.total_training_steps": config.run.steps,
        "trainer.test_freq": config.eval.every,
        "trainer.save_freq": config.run.checkpoint_every,
        "trainer.project_name": "t2po-gym",
        "trainer.experiment_name": folder.name,
        "trainer.default_local_dir": folder / "checkpoints",
        "trainer.logger": "[console]",
    }
    lines = [f"{name}={value}" for name, value in values.items()]
    return [*lines, *processor_overrides(recipe, config)] if recipe.algorithm == "t2po" else lines


def processor_overrides(recipe: Recipe, config: TrainConfig) -> list[str]:
    """Return the settings that put our logits processor into verl's vLLM servers."""
    ours = engine_settings(recipe.model, load_tokenizer(recipe.model), config)
    ours["records"] = str(recipe.records)
    engine = "+actor_rollout_ref.rollout.engine_kwargs.vllm"
    quoted = json.dumps({ARGUMENT: ours}).replace("'", "\\u0027")  # JSON within Hydra's quotes
    return [
        f"{engine}.logits_processors=[{VERL}.processor:Recording]",
        f"{engine}.async_scheduling=False",
        f"{engine}.additional_config='{quoted}'",
    ]


def main() -> None:
    """Run the command line; what cannot be is one sentence and exit status 1."""
    recipe = tyro.cli(Recipe, description=__doc__)
    try:
        prepare(recipe)
    except (ValueError, OSError) as error:
        sys.exit(str(error).strip().partition("\n")[0])


if __name__ == "__main__":
    main()
