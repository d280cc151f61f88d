"""The two heads look where they should, before any training."""

import pytest
import torch

from baselines.config import PolicyConfig
from baselines.policy.copy_circuit import content_dims, rotary_speeds
from baselines.policy.loading import new_policy
from baselines.policy.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> object:
    return train_tokenizer(["red blue green"], 320)


def primed(tokenizer: object, **changes: object) -> object:
    config = PolicyConfig(
        vocab_size=320, hidden_size=96, layers=2, heads=3, intermediate_size=64, device="cpu"
    )
    values = {name: getattr(config, name) for name in config.__dataclass_fields__}
    return new_policy(
        PolicyConfig(**{**values, **changes}), tokenizer, torch.Generator().manual_seed(0)
    )


def test_content_dims_by_hand() -> None:
    # theta 10,000 and 8 dimensions: speeds 1, 0.1, 0.01, 0.001; 0.01 * 128 is above one radian.
    assert rotary_speeds(8, 1e4).tolist() == pytest.approx([1.0, 0.1, 0.01, 0.001])
    assert content_dims(rotary_speeds(8, 1e4)) == [3, 7]


def attention(policy: object, ids: torch.Tensor) -> tuple[torch.Tensor, ...]:
    policy.model.set_attn_implementation("eager")  # the only one that shows its weights
    with torch.no_grad():
        return policy.model(input_ids=ids, output_attentions=True).attentions


def test_heads_find_the_token_that_followed(tokenizer: object) -> None:
    policy = primed(tokenizer)
    half = torch.randperm(250, generator=torch.Generator().manual_seed(1))[:20]
    ids = torch.cat([half, half])[None]
    first, second = attention(policy, ids)
    back = first[0, 0, torch.arange(1, 40), torch.arange(39)]
    assert back.min() > 0.9  # all but certain to look one token back
    # At position 20 + i the match stands at i + 1, the token after the earlier copy.
    places = second[0, 0, 20:39, :].argmax(dim=-1)
    assert (places == torch.arange(1, 20)).float().mean() > 0.25  # by chance: 0.03


def test_without_the_circuit_they_do_not(tokenizer: object) -> None:
    policy = primed(tokenizer, copy_circuit=False)
    first, _ = attention(policy, torch.arange(40)[None])
    assert first[0, 0, torch.arange(1, 40), torch.arange(39)].mean() < 0.5


def test_too_small_a_model_is_refused(tokenizer: object) -> None:
    with pytest.raises(ValueError, match=r"policy\.copy_circuit"):
        primed(tokenizer, layers=1)
    with pytest.raises(ValueError, match=r"kv_heads"):
        primed(tokenizer, kv_heads=1)
