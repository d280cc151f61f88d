"""What is wrong with a model's files is told before any of its weights is loaded."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest
from baseline_fakes import TINY, tiny_policy
from huggingface_hub import constants

from baselines.policy.loading import is_pretrained, load_policy, require_device
from baselines.policy.problems import ModelError, ended, first_line
from baselines.policy.source import is_here, read_shape, require_weights, source_of


@pytest.fixture
def model(tmp_path: Path) -> Path:
    tiny_policy().save(tmp_path)
    return tmp_path


def test_a_whole_model_is_let_through(model: Path) -> None:
    assert source_of(str(model)) == str(model)
    assert is_here(str(model))
    assert read_shape(str(model)).vocab_size == 290
    require_weights(model)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{nope", "config.json is no JSON"),
        ("{}", "names no model_type"),
        ("[]", "names no model_type"),
        ('{"model_type": "futuremodel"}', "type 'futuremodel', which transformers .* not know"),
        ('{"model_type": "t5"}', "type 't5', which is no causal language model"),
    ],
)
def test_a_configuration_of_no_known_language_model(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ModelError, match=said):
        read_shape(str(tmp_path))


def test_a_folder_without_configuration(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json in .*; name the folder of a model"):
        read_shape(str(tmp_path))


def test_weights_that_are_missing_or_broken(model: Path) -> None:
    file = model / "model.safetensors"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ModelError, match=r"model\.safetensors is no whole file of weights"):
        require_weights(model)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_policy(str(model), TINY)
    file.unlink()
    with pytest.raises(ModelError, match=r"no model\.safetensors or pytorch_model\.bin in"):
        require_weights(model)
    index = model / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "part-2.safetensors"}}))
    with pytest.raises(ModelError, match=r"no part-2\.safetensors in"):
        require_weights(model)
    index.write_text("[]")
    with pytest.raises(ModelError, match="is no list of weights"):
        require_weights(model)


@pytest.mark.parametrize("text", ["{}", "{nope", "[]"])
def test_an_adapter_that_does_not_name_its_base(text: str, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(text)
    assert is_pretrained(str(tmp_path)), "loading says what is wrong"
    with pytest.raises(ModelError, match="does not name the adapter's base model"):
        source_of(str(tmp_path))


def test_of_an_adapter_the_base_counts(model: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    settings = adapter / "adapter_config.json"
    settings.write_text(json.dumps({"base_model_name_or_path": str(model)}))
    assert source_of(str(adapter)) == str(model)
    with pytest.raises(ModelError, match=r"no adapter_model\.safetensors or"):
        require_weights(adapter)
    settings.write_text(json.dumps({"base_model_name_or_path": str(adapter)}))
    with pytest.raises(ModelError, match="its own base model"):
        source_of(str(adapter))


def test_a_hub_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def nobody(place: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(place)
        raise OSError("no route")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "https://hub.invalid")
    monkeypatch.setattr("baselines.policy.source.getproxies", dict)
    monkeypatch.setattr(socket, "create_connection", nobody)
    began = time.perf_counter()
    with pytest.raises(ModelError, match="nobody/has-this is not on this machine, and the hub"):
        read_shape("nobody/has-this")
    assert asked == [("hub.invalid", 443)]
    assert time.perf_counter() - began < 5


def test_names_that_no_model_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_here("bad name")
    with pytest.raises(ModelError, match="'bad name' is neither a folder nor"):
        read_shape("bad name")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        read_shape("nobody/has-this")


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cpu", "auto"):
        require_device(name, used=True)
    with pytest.raises(ValueError, match="There is no device 'banana'"):
        require_device("banana", used=False)
    with pytest.raises(ValueError, match=r"cannot compute on --policy\.device meta"):
        require_device("meta", used=True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    require_device("cuda:0", used=True)
    require_device("cuda:1", used=False)  # of another machine
    with pytest.raises(ValueError, match="PyTorch sees 1 CUDA devices here"):
        require_device("cuda:1", used=True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ValueError, match="PyTorch sees no CUDA devices here"):
        require_device("cuda", used=True)


def test_what_libraries_say_becomes_part_of_a_sentence() -> None:
    assert first_line(ValueError("One thing:\nand more.")) == "One thing"
    assert first_line(ValueError()) == "ValueError"
    assert ended(ValueError("Twice..")) == "Twice."
