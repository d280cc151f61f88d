"""Shares of one process among several, and processes that cannot find each other."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
from baseline_fakes import tiny_policy

from baselines import t2po_train
from baselines.parallel import shares, world
from baselines.parallel.sharding import is_cut
from baselines.parallel.shares import evened
from baselines.parallel.world import World, WorldError, here, joined, own_devices


@pytest.mark.parametrize(("count", "size"), [(10, 4), (3, 3), (7, 2), (2, 5), (0, 3), (1, 1)])
def test_shares_are_disjoint_complete_and_even(count: int, size: int) -> None:
    parts = [list(range(count))[World(rank, size).share(count)] for rank in range(size)]
    assert [item for part in parts for item in part] == list(range(count))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_shares_of_the_documentation() -> None:
    starts = [World(rank, 4).share(10) for rank in range(4)]
    assert starts == [slice(0, 3), slice(3, 6), slice(6, 8), slice(8, 10)]


def test_alone_nothing_is_sent_and_nothing_changes() -> None:
    assert here() == World(0, 1)
    assert here().gathered([1, 2]) == [1, 2]
    assert here().agreed("x") == "x"
    assert here().total([0.1, 0.2]) == [0.1, 0.2]
    policy = tiny_policy()
    policy.distribute()
    assert not is_cut(policy.model)
    with joined("cpu") as place:
        assert place.size == 1


def test_every_process_has_as_many_parts_as_the_one_with_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = {0: ["a", "b", "c"], 1: ["d"], 2: []}
    for rank, filled in {0: ["a", "b", "c"], 1: ["d", "-", "-"], 2: ["-"] * 3}.items():
        monkeypatch.setattr(shares, "here", lambda rank=rank: World(rank, 3))
        assert evened(parts.__getitem__, lambda: "-") == filled


def test_a_helping_process_gets_the_gpus_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = torch.device("cuda")
    assert own_devices(cuda, 1) == {}
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(world.torch.cuda, "device_count", lambda: 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert own_devices(cuda, 1) == {"CUDA_VISIBLE_DEVICES": "2"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7,5,3,1")
    assert own_devices(cuda, 1) == {"CUDA_VISIBLE_DEVICES": "3"}
    assert own_devices(torch.device("cpu"), 1) == {}


@pytest.mark.parametrize("name", ["WORLD_SIZE", "RANK", "LOCAL_WORLD_SIZE"])
@pytest.mark.parametrize("value", ["two", "-1"])
def test_what_torchrun_never_says_is_one_sentence(
    name: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    settings = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_WORLD_SIZE": "2", name: value}
    for variable, text in settings.items():
        monkeypatch.setenv(variable, text)
    with pytest.raises(WorldError, match=f"variable {name} is '{value}', where torchrun puts"):
        world.on_this_machine() if name == "LOCAL_WORLD_SIZE" else joined("cpu").__enter__()
    if name == "WORLD_SIZE":
        assert t2po_train.main(["--preset", "toy", "--run.root", str(tmp_path)]) == 2
        assert "unset it." in " ".join(capsys.readouterr().out.split())


def test_more_processes_than_gpus_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(WorldError, match="2 processes train on this machine, which has 1 GPUs"):
        joined("cuda").__enter__()


def test_a_port_that_is_taken_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        settings = {"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1"}
        for name, value in {**settings, "MASTER_PORT": port}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(WorldError, match=f"cannot find each other at 127.0.0.1:{port}"):
            joined("cpu").__enter__()
        flags = ["--preset", "toy", "--run.root", str(tmp_path)]
        assert t2po_train.main(flags) == 2
    told = " ".join(capsys.readouterr().out.split())
    assert "The 2 processes cannot find each other" in told
    assert "free --master-port" in told
    assert list(tmp_path.iterdir()) == []


def test_several_processes_refuse_a_torch_that_adds_up_differently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"WORLD_SIZE": "2", "RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch, "__version__", "2.8.0+cpu")
    said = r"torch 2\.13 or newer.*this is 2\.8\.0\+cpu"
    with pytest.raises(WorldError, match=said), joined("cpu"):
        pass
