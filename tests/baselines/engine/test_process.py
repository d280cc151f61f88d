"""The way to the engine and back: weights through memory, a process that fails or is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from baseline_fakes import tiny_policy

from baselines.engine import requirements
from baselines.engine.messages import Settings
from baselines.engine.process import EngineError, EngineProcess
from baselines.engine.weights import SharedWeights, read_weights


def sums_of(load: Any, connection: Any) -> None:
    connection.send({name: float(w.double().sum()) for name, w in read_weights(load)})


def test_another_process_reads_the_weights_of_now() -> None:
    policy = tiny_policy()
    shared = SharedWeights(policy.model)
    try:
        for _ in range(2):
            with torch.no_grad():
                for p in policy.model.parameters():
                    p.add_(0.5)
            ours, theirs = multiprocessing.Pipe()
            load = shared.write(policy.model)
            reader = multiprocessing.get_context("spawn").Process(
                target=sums_of, args=(load, theirs)
            )
            reader.start()
            found = ours.recv()
            reader.join()
            expected = dict(policy.model.named_parameters())
            assert found == {n: float(w.detach().double().sum()) for n, w in expected.items()}
            assert "lm_head.weight" not in found, "tied to the embedding"
    finally:
        shared.close()


def test_number_formats_and_odd_shapes_keep_every_bit() -> None:
    numbers = torch.arange(1.0, 16.0).reshape(3, 5) / 7
    weights = {"a": torch.nn.Parameter(numbers.bfloat16()), "b": torch.nn.Parameter(numbers[0])}
    model = torch.nn.ParameterDict(weights)
    shared = SharedWeights(model)
    found = dict(read_weights(shared.write(model)))
    assert found["a"].dtype == torch.bfloat16
    assert all(torch.equal(found[name], p) for name, p in model.named_parameters())


def started(folder: Path) -> EngineProcess:
    return EngineProcess(Settings(folder=str(folder / "nothing")), folder / "engine.log", {})


def test_a_killed_process_is_one_sentence(tmp_path: Path) -> None:
    engine = started(tmp_path)
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(EngineError, match=r"ended by signal SIGKILL.*engine\.log") as caught:
        engine.receive()
    assert str(caught.value).count(". ") == 0
    with pytest.raises((EngineError, OSError)):
        engine.send("are you there?")


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    """Without vLLM it cannot import it; with vLLM there is no model in the folder."""
    engine = started(tmp_path)
    with pytest.raises(EngineError, match=r"The vLLM engine failed: .*(vllm|nothing)"):
        engine.receive()
    assert "Traceback" in (tmp_path / "engine.log").read_text(encoding="utf-8")


def test_a_process_ends_with_its_owner(tmp_path: Path) -> None:
    engine = started(tmp_path)
    pid = engine.pid
    engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_an_engine_needs_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"t2po-gym\[vllm\]"):
        requirements.require_vllm()
    with pytest.raises(ValueError, match="cannot follow an adapter"):
        requirements.refuse_adapter(True)
    requirements.refuse_adapter(False)
    with pytest.raises(ValueError, match=r"leave out --vllm.tensor-parallel"):
        requirements.require_whole_gpus(2, 4)
    requirements.require_whole_gpus(1, 4)
    requirements.require_whole_gpus(2, 1)


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
def test_vllm_is_looked_for_without_importing_it() -> None:
    with pytest.raises(ValueError, match="not installed"):
        requirements.require_vllm()
