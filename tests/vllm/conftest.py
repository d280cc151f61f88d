"""Tests on a real vLLM engine: `make test-vllm`. One engine serves most of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="vLLM is not installed: make test-vllm installs it")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.vllm)
            if find_spec("vllm") is None:
                item.add_marker(missing)


@dataclass(frozen=True)
class Pair:
    """The same policy behind both generators, and how it plays."""

    config: Any
    policy: Any
    hf: Any
    vllm: Any
    prompting: Any
    log: Path


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The committed policy that deliberates on WebShop."""
    from baselines.policy.loading import load_policy
    from baselines.presets import PRESETS
    from baselines.run.panels import make_player

    config = PRESETS["webshop-deliberate"]()
    config = replace(config, policy=replace(config.policy, device="cpu"))
    policy = load_policy(config.model, config.policy)
    log = tmp_path_factory.mktemp("engine") / "engine.log"
    hf = make_player(policy, config)
    engine = make_player(policy, on_cpu(config), log=log)
    yield Pair(config, policy, hf.generator, engine.generator, hf.prompting, log)
    engine.generator.close()  # type: ignore[attr-defined]


def on_cpu(config: Any) -> Any:
    """Settings of an engine that starts in seconds and takes little memory."""
    how = replace(config.vllm, kv_cache_gib=0.5, enforce_eager=True, max_num_seqs=48)
    return replace(config, generator="vllm", vllm=how)
