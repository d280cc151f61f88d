"""Which settings a command line means: model, environment and preset, each given or not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from baseline_fakes import tiny_policy, tiny_tokenizer
from transformers import GPT2Config

from baselines.config import ALGORITHMS, TrainConfig
from baselines.policy.loading import is_pretrained
from baselines.presets import OF_ENV_LLM, PRESETS, SMALL
from baselines.presets.variants import VARIANTS
from baselines.run.command import Command, parse_command
from baselines.run.preflight import SettingsError, preflight
from baselines.t2po_train import main

ENVS = ("t2po/WebShop-v0", "t2po/ALFWorld-v0", *(e for e in OF_ENV_LLM if "SearchQA" in e))


def command(*arguments: str) -> Command:
    return parse_command(arguments, prog="t2po_train.py", summary="", extra=("resume",))


@pytest.fixture
def pretrained(tmp_path: Path) -> str:
    """A folder as a hub model leaves it: a configuration that says nothing of this project."""
    folder = tmp_path / "model"
    tokenizer = tiny_tokenizer()
    size, end = len(tokenizer), tokenizer.eos_token_id
    GPT2Config(
        vocab_size=size,
        bos_token_id=end,
        eos_token_id=end,
        n_layer=1,
        n_head=1,
        n_embd=8,
        n_positions=8192,
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("small") / "policy"
    tiny_policy().save(folder)
    return str(folder)


@pytest.mark.parametrize("env", ENVS)
@pytest.mark.parametrize("hub", [True, False])
def test_a_pretrained_model_takes_the_llm_preset_of_its_environment(
    env: str, hub: bool, pretrained: str
) -> None:
    model = "Qwen/Qwen3-4B" if hub else pretrained
    found = command("--model", model, "--env", env)
    assert found.preset == OF_ENV_LLM[env]
    assert not found.preset_named
    assert (found.config.model, found.config.env) == (model, env)
    assert found.config.optim.lr == 1e-6
    assert found.config.rollout.max_reply_tokens >= 300
    preflight(found.config, found.preset, found.preset_named, playing=False)


def test_the_order_of_flags_and_their_spelling_do_not_matter() -> None:
    for arguments in (
        ("--env=t2po/ALFWorld-v0", "--model=Qwen/Qwen3-4B"),
        ("--run.seed", "3", "--model", "Qwen/Qwen3-4B", "--env", "t2po/ALFWorld-v0"),
    ):
        assert command(*arguments).preset == "alfworld-llm"
    assert command("--model", "Qwen/Qwen3-4B").preset == "webshop-llm"


@pytest.mark.parametrize("env", ["t2po/WebShop-v0", "t2po/ALFWorld-v0", "t2po/ToyKeys-v0"])
def test_small_policies_keep_the_small_presets(env: str, small: str) -> None:
    assert not is_pretrained(small)
    for model in ((), ("--model", small), ("--model", "builtin:webshop-cold-start")):
        found = command("--env", env, *model)
        assert found.preset in SMALL
        preflight(found.config, found.preset, found.preset_named)


@pytest.mark.parametrize("preset", SMALL)
def test_a_small_preset_for_a_pretrained_model_must_be_named(preset: str) -> None:
    config = command("--preset", preset, "--model", "Qwen/Qwen3-4B").config
    preflight(config, preset, preset_named=True, playing=False)
    with pytest.raises(SettingsError, match=rf"name a preset.*--preset {preset} if you mean"):
        preflight(config, preset, preset_named=False)


def test_an_environment_without_llm_preset_is_refused_in_one_sentence(
    pretrained: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    flags = ("--env", "t2po/ToyKeys-v0", "--model", pretrained, "--run.root", str(runs))
    assert main(flags) == 2
    said = " ".join(capsys.readouterr().out.split())
    assert "t2po/ToyKeys-v0 has no preset for pretrained models" in said
    assert not runs.exists()


def test_a_named_preset_is_taken_as_it_is(pretrained: str) -> None:
    found = command("--preset", "webshop", "--model", pretrained)
    assert found.preset_named
    assert found.config.optim.lr == PRESETS["webshop"]().optim.lr


def test_help_says_how_the_preset_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command("--help")
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "with a pretrained --model those of --env that end in -llm" in said


@pytest.mark.parametrize("name", ["webshop-llm", "alfworld-llm", "searchqa-llm"])
def test_presets_for_language_models_hold_the_published_settings(name: str) -> None:
    config = PRESETS[name]()
    search = name == "searchqa-llm"
    assert (config.rollout.tasks, config.rollout.group) == ((256, 5) if search else (16, 8))
    assert (config.rollout.temperature, config.optim.lr, config.optim.epochs) == (1.0, 1e-6, 1)
    assert (config.advantage.gamma, config.advantage.step_weight) == (0.95, 1.0)
    assert (config.loss.clip_low, config.loss.clip_high, config.loss.dual_clip) == (0.2, 0.2, 3.0)
    assert config.loss.kl_coef == (0.01 if name == "alfworld-llm" else 0.0)
    assert config.advantage.norm == ("mean_norm" if name == "webshop-llm" else "mean_std_norm")
    assert config.advantage.similarity == (0.9 if search else None)
    assert config.prompt.history == (4 if search else 2)
    lengths = (config.prompt.max_tokens, config.rollout.max_reply_tokens)
    assert (
        lengths
        == {
            "webshop-llm": (4096, 300),
            "alfworld-llm": (2048, 500),
            "searchqa-llm": (4096, 500),
        }[name]
    )
    assert (config.eval.greedy, config.eval.temperature, config.eval.top_p) == (False, 0.6, 0.95)


@pytest.mark.parametrize("env", ["webshop", "alfworld", "searchqa"])
def test_presets_of_the_paper_change_what_it_reports_and_no_more(env: str) -> None:
    config, script = PRESETS[f"paper-{env}"](), PRESETS[f"{env}-llm"]()
    assert config.model == "Qwen/Qwen3-4B"
    assert config.rollout == replace(script.rollout, max_reply_tokens=500)
    assert (config.thinking.max_tokens, config.signal.alpha) == (450, 0.4)
    assert config.advantage == replace(script.advantage, unit="turn")
    assert config.loss == replace(script.loss, entropy_coef=0.0 if env == "searchqa" else 0.001)
    assert (config.prompt, config.optim, config.turns) == (
        script.prompt,
        script.optim,
        script.turns,
    )
    assert config.env_kwargs["max_turns"] == script.env_kwargs["max_turns"]
    assert config.env_kwargs["rules"] in ("exact", "t2po")


@pytest.mark.parametrize("env", ["webshop", "alfworld", "searchqa"])
def test_presets_of_the_paper_want_the_original_data(
    env: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    with pytest.raises(SettingsError, match="T2PO_GYM_DATA"):
        preflight(PRESETS[f"paper-{env}"](), f"paper-{env}")


def test_a_broken_configuration_counts_as_pretrained(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    assert is_pretrained(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps([1]))
    assert is_pretrained(str(tmp_path))


# ---- algorithms and variants ---------------------------------------------------------------------


def for_algorithm(algorithm: str, *arguments: str) -> TrainConfig:
    return parse_command(
        arguments,
        prog="x",
        summary="",
        extra=("resume",),
        algorithm=algorithm,  # type: ignore[arg-type]
    ).config


def test_a_preset_becomes_the_settings_of_the_algorithm() -> None:
    t2po = for_algorithm("t2po", "--preset", "webshop")
    assert t2po == PRESETS["webshop"]()
    gigpo = for_algorithm("gigpo", "--preset", "webshop")
    assert (gigpo.algorithm, gigpo.thinking.enabled, gigpo.turns.enabled) == ("gigpo", False, False)
    assert gigpo.advantage == t2po.advantage
    for algorithm in ("grpo", "ppo"):
        other = for_algorithm(algorithm, "--preset", "webshop")
        assert replace(other, algorithm="gigpo") == gigpo, "runs compare algorithms, not settings"


VARIED: dict[str, dict[str, object]] = {
    "dapo": {
        "loss.clip_high": 0.28,
        "loss.kl_coef": 0.0,
        "loss.aggregation": "token-mean",
        "rollout.dynamic_sampling": 10,
        "advantage.overlong_buffer": 12,
    },
    "dr-grpo": {"advantage.norm": "mean_norm", "loss.aggregation": "seq-mean-token-sum-norm"},
    "rloo": {"advantage.baseline": "leave_one_out", "advantage.norm": "mean_norm"},
    "gspo": {"loss.kind": "gspo", "loss.clip_low": 3e-4, "loss.clip_high": 4e-4},
    "cispo": {"loss.kind": "cispo"},
}


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_a_variant_sets_what_its_paper_says(name: str) -> None:
    config = for_algorithm("grpo", "--preset", "webshop", "--variant", name)
    for place, value in VARIED[name].items():
        concern, _, setting = place.partition(".")
        assert getattr(getattr(config, concern), setting) == value, place
    flagged = for_algorithm("grpo", "--variant", name, "--loss.clip-high", "0.5")
    assert flagged.loss.clip_high == 0.5, "a flag goes over a variant"


FLAGS = {
    "DAPO's dynamic sampling": "--rollout.dynamic-sampling",
    "DAPO's clip-higher": "--loss.clip-high",
    "DAPO's overlong shaping": "--advantage.overlong-buffer",
    "RLOO": "--advantage.baseline",
    "(Dr.GRPO)": "--advantage.norm",
    "GSPO": "--loss.kind",
    "Dual clip": "--loss.dual-clip",
    "`k1`, `abs`, `k2` or `k3`": "--loss.kl-estimator",
    "Truncated importance sampling (TIS)": "--loss.tis",
    "similarity anchors": "--advantage.similarity",
    "generalised advantage estimation": "--advantage.gae-lambda",
    "Void-turn filtering": "--turns.filter-void",
    "hard thinking budget": "--thinking.cut",
    "length-penalty": "--advantage.length-penalty",
    "without a cold start": "--cold-start.when",
}


def test_help_names_every_option_as_the_literature_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        for_algorithm("grpo", "--help")
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name, flag in FLAGS.items():
        assert name in said, name
        assert flag in said, flag
    assert all(f"{variant}:" in said for variant in VARIANTS)
    assert "--algorithm" not in said


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_trainer_runs_from_any_folder(algorithm: str, tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[3] / "baselines" / f"{algorithm}_train.py"
    run = subprocess.run(
        [sys.executable, str(script), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"usage: python baselines/{algorithm}_train.py" in run.stdout


def test_settings_that_contradict_each_other_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments, sentence in (
        (("--loss.kind", "gspo"), "--variant gspo"),
        (("--loss.dual-clip", "1.0"), "must be above 1"),
        (("--rollout.dynamic-sampling", "2", "--rollout.group", "1"), "group of at least 2"),
    ):
        with pytest.raises((SystemExit, ValueError)) as caught:
            for_algorithm("grpo", *arguments)
        assert sentence in str(caught.value) + "".join(capsys.readouterr())


def test_a_variant_is_no_setting_of_a_run_that_goes_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        command("--resume", str(tmp_path), "--variant", next(iter(VARIANTS)))
    assert "--variant is for a new run" in capsys.readouterr().err
