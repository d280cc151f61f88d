"""LoRA: what is trained and saved, the reference without a second model, merging."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from baseline_fakes import TINY, tiny_policy
from memory_runs import adapted, config_of, saved_base, stale_turns, stirred

from baselines.collate import Row, collate, micro_batches
from baselines.config import LoRAConfig
from baselines.policy import merge
from baselines.policy.loading import is_pretrained, load_policy
from baselines.policy.lora import (
    base_of,
    is_adapter,
    layers_of_shape,
    linear_layers,
    load_adapter,
    require_peft,
    require_targets,
)
from baselines.policy.model import Policy, ReplyBatch
from baselines.policy.reference import AdapterOff
from baselines.policy.source import read_shape
from baselines.sampling.generation import HFGenerator
from baselines.update import Learner, training_rows

pytest.importorskip("peft")

HOW = LoRAConfig(rank=4, alpha=8.0)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved_base(tmp_path_factory.mktemp("base"))


def batch() -> ReplyBatch:
    config = config_of()
    rows: list[Row] = training_rows(*stale_turns(config), config)
    return collate(rows, torch.device("cpu")).batch


def frozen(policy: Policy) -> dict[str, torch.Tensor]:
    return {n: p.clone() for n, p in policy.model.named_parameters() if not p.requires_grad}


def test_a_fresh_adapter_computes_what_its_model_does(base: str) -> None:
    policy = adapted(base, HOW)
    expected = tiny_policy().reply_logits(batch())
    torch.testing.assert_close(policy.reply_logits(batch()), expected, rtol=0, atol=2e-6)


def test_auto_means_all_linear_layers_but_the_head(base: str) -> None:
    policy = adapted(base, HOW)
    layers = linear_layers(tiny_policy().model)
    assert len(layers) == 2 * 7
    trained = {n for n, p in policy.model.named_parameters() if p.requires_grad}
    assert trained == {f"{name}.lora_{x}.default.weight" for name in layers for x in "AB"}
    sizes = [4 * (m.in_features + m.out_features) for m in named(tiny_policy(), layers)]
    assert policy.num_trained == sum(sizes)


def named(policy: Policy, names: list[str]) -> list[Any]:
    return [policy.model.get_submodule(name) for name in names]


def test_named_targets_and_alpha(base: str) -> None:
    policy = stirred(adapted(base, replace(HOW, targets=("q_proj", "self_attn.v_proj"))))
    trained = {n.split(".")[-4] for n, p in policy.model.named_parameters() if p.requires_grad}
    assert trained == {"q_proj", "v_proj"}
    layer = policy.model.model.layers[0].self_attn.q_proj
    a, b = layer.lora_A.default.weight, layer.lora_B.default.weight
    x = torch.ones(1, 32)
    expected = layer.base_layer(x) + 8.0 / 4 * x @ a.T @ b.T
    torch.testing.assert_close(layer(x), expected)


def test_matrices_are_drawn_from_the_generator_alone(base: str) -> None:
    def drawn(global_seed: int) -> torch.Tensor:
        torch.manual_seed(global_seed)
        found = adapted(base, HOW).model.model.layers[1].mlp.up_proj.lora_A.default.weight
        assert float(torch.rand(1)) == first_draw(global_seed), "the global one is untouched"
        return found.detach()

    def first_draw(seed: int) -> float:
        return float(torch.rand(1, generator=torch.Generator().manual_seed(seed)))

    assert torch.equal(drawn(0), drawn(1))
    assert float(drawn(0).abs().max()) > 0.0


def test_only_the_adapter_learns(base: str) -> None:
    policy = adapted(base, HOW)
    before, start = frozen(policy), policy.reply_logits(batch())
    learned = Learner(policy, config_of()).update(*stale_turns(config_of()), 0)
    after = frozen(policy)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert learned["grad_norm"] > 0.0
    assert not torch.allclose(policy.reply_logits(batch()), start)


def test_the_adapter_is_saved_alone_and_loads_as_a_model(base: str, tmp_path: Path) -> None:
    policy = stirred(adapted(base, HOW))
    policy.save(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} >= {"adapter_model.safetensors", "tokenizer.json"}
    assert not list(tmp_path.glob("model*"))
    assert (base_of(tmp_path), is_adapter(tmp_path), is_adapter(base)) == (base, True, False)
    loaded = load_policy(str(tmp_path), TINY)
    assert torch.equal(loaded.reply_logits(batch()), policy.reply_logits(batch()))
    assert loaded.num_trained == policy.num_trained
    assert not loaded.model.training
    assert HFGenerator(loaded, queue="</think>\n<action>").single_stop


def test_an_adapter_is_as_pretrained_as_its_base(base: str, tmp_path: Path) -> None:
    adapted(base, HOW).save(tmp_path)
    assert not is_pretrained(base)
    assert not is_pretrained(str(tmp_path))
    settings = json.loads((tmp_path / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = "owner/name"
    (tmp_path / "adapter_config.json").write_text(json.dumps(settings))
    assert is_pretrained(str(tmp_path))


def test_peft_itself_reads_the_checkpoint(base: str, tmp_path: Path) -> None:
    policy = stirred(adapted(base, HOW))
    policy.save(tmp_path)
    other = tiny_policy()
    load_adapter(other.model, tmp_path)
    assert torch.equal(other.reply_logits(batch()), policy.reply_logits(batch()))


@pytest.mark.parametrize("chunk", [0, 7])
def test_the_reference_is_the_model_without_its_adapter(base: str, chunk: int) -> None:
    """The same loss and gradient as with a second model in memory, and the adapter is back on."""
    config = config_of(temperature=0.7, kl_coef=0.3, entropy_coef=0.1)
    found = []
    for second in (False, True):
        policy = stirred(adapted(base, HOW, logit_chunk=chunk))
        alone = load_policy(base, replace(TINY, logit_chunk=chunk))
        learner = Learner(policy, config, alone if second else AdapterOff(policy))
        learned = learner.update(*stale_turns(config), 0)
        weights = [p.detach().flatten() for p in policy.model.parameters() if p.requires_grad]
        found.append((learned["ref_kl"], learned["loss"], torch.cat(weights)))
    assert found[0][0] > 1e-3
    assert found[0][:2] == pytest.approx(found[1][:2], rel=1e-6)
    torch.testing.assert_close(found[0][2], found[1][2], rtol=0, atol=1e-5)


def test_the_adapter_is_on_again_after_the_reference(base: str) -> None:
    policy = stirred(adapted(base, HOW))
    before = policy.log_probs(batch())
    off = AdapterOff(policy).log_probs(batch())
    assert torch.equal(policy.log_probs(batch()), before)
    torch.testing.assert_close(off, tiny_policy().log_probs(batch()), rtol=0, atol=2e-6)
    assert not torch.allclose(off, before)
    assert policy.num_trained > 0


def test_merged_weights_give_the_same_logits(base: str, tmp_path: Path) -> None:
    policy = stirred(adapted(base, HOW))
    policy.save(tmp_path / "adapter")
    assert merge.main([str(tmp_path / "adapter"), "--out", str(tmp_path / "whole")]) == 0
    assert not is_adapter(tmp_path / "whole")
    whole = load_policy(str(tmp_path / "whole"), TINY)
    plain = tiny_policy().reply_logits(batch()).detach()
    expected = policy.reply_logits(batch()).detach()
    assert float((expected - plain).abs().max()) > 0.1
    torch.testing.assert_close(whole.reply_logits(batch()), expected, rtol=0, atol=1e-5)
    assert whole.num_parameters == tiny_policy().num_parameters


def test_a_merge_can_be_written_in_bfloat16(base: str, tmp_path: Path) -> None:
    stirred(adapted(base, HOW)).save(tmp_path / "adapter")
    arguments = [str(tmp_path / "adapter"), "--out", str(tmp_path / "half"), "--dtype", "bfloat16"]
    assert merge.main(arguments) == 0
    assert json.loads((tmp_path / "half" / "config.json").read_text())["dtype"] == "bfloat16"


@pytest.mark.parametrize("given", ["whole model", "nothing"])
def test_only_adapters_are_merged(
    given: str, base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = base if given == "whole model" else str(tmp_path / "nowhere")
    assert merge.main([source, "--out", str(tmp_path / "out")]) == 2
    assert "cannot be merged" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "out").exists()


def test_the_adapter_of_a_bfloat16_model_is_float32(base: str) -> None:
    policy = adapted(base, HOW, dtype="bfloat16")
    dtypes = {p.requires_grad: p.dtype for p in policy.model.parameters()}
    assert dtypes == {True: torch.float32, False: torch.bfloat16}
    config = replace(config_of(), optim=replace(config_of().optim, lr=1e-6))
    learner = Learner(policy, config)
    assert type(learner.optimizer) is torch.optim.AdamW, "no copies are needed"
    before = [p.clone() for p in policy.model.parameters() if p.requires_grad]
    learner.update(*stale_turns(config), 0)
    after = [p for p in policy.model.parameters() if p.requires_grad]
    changed = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert sum(changed) >= len(changed) / 2, "A waits for a B that is not zero"


def test_dropout_is_for_learning_alone_and_drawn_from_the_step(base: str) -> None:
    def learned(step: int, dropout: float) -> torch.Tensor:
        torch.manual_seed(step + 100)  # whatever the global generator holds
        policy = stirred(adapted(base, replace(HOW, dropout=dropout)))
        assert torch.equal(policy.log_probs(batch()), policy.log_probs(batch()))
        Learner(policy, config_of()).update(*stale_turns(config_of()), step)
        assert torch.equal(policy.log_probs(batch()), policy.log_probs(batch()))
        return torch.cat([p.flatten() for p in policy.model.parameters() if p.requires_grad])

    assert torch.equal(learned(0, 0.3), learned(0, 0.3))
    assert not torch.equal(learned(0, 0.3), learned(1, 0.3))
    assert not torch.equal(learned(0, 0.3), learned(0, 0.0))


def test_dropout_changes_the_pass_that_learns(base: str) -> None:
    policy = stirred(adapted(base, replace(HOW, dropout=0.5)))
    config = config_of()
    (micro,) = micro_batches(training_rows(*stale_turns(config), config), 9999, policy.device)
    still = policy.token_numbers(micro.batch).log_probs
    with policy.learning(1):
        dropped = policy.token_numbers(micro.batch).log_probs
    assert not torch.allclose(still, dropped)
    assert torch.equal(policy.token_numbers(micro.batch).log_probs, still)


def test_gradient_checkpointing_goes_with_an_adapter(base: str, tmp_path: Path) -> None:
    found = []
    for saving in (False, True):
        policy = stirred(adapted(base, HOW, gradient_checkpointing=saving))
        policy.save(tmp_path)
        loaded = load_policy(str(tmp_path), replace(TINY, gradient_checkpointing=saving))
        for one in (policy, loaded):
            assert not one.model.get_input_embeddings()._forward_hooks
            learner = Learner(one, config_of())
            learner.optimizer.step = lambda: None  # type: ignore[method-assign]
            learner.update(*stale_turns(config_of()), 0)
            learned = [p.grad for p in one.model.parameters() if p.requires_grad]
            found.append(torch.cat([gradient.flatten() for gradient in learned]))
    for other in found[1:]:
        assert float((found[0] - other).norm() / found[0].norm()) < 1e-6


def test_a_missing_target_is_one_sentence(base: str) -> None:
    with pytest.raises(ValueError, match=r"'w_proj'.*there are down_proj, gate_proj, k_proj"):
        adapted(base, replace(HOW, targets=("q_proj", "w_proj")))
    require_targets(["model.layers.0.up_proj"], ["0.up_proj", "auto"])
    with pytest.raises(ValueError, match="_proj"):
        require_targets(["model.layers.0.up_proj"], ["_proj"])


def test_layers_are_known_without_weights(base: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((Path(base) / "config.json").read_bytes())
    assert layers_of_shape(read_shape(str(tmp_path))) == linear_layers(tiny_policy().model)


def test_the_extra_is_named_where_peft_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.policy.lora.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"t2po-gym\[lora\]"):
        require_peft()
