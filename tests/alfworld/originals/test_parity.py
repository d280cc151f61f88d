"""The native engine against the real TextWorld, the same commands in both.

The default suite plays a small sample where the extra ``alfworld`` is installed. ``-m parity``
plays ``T2PO_GYM_PARITY_GAMES`` (200) official and as many generated games, and the recorded ones of
the older dialect, ``T2PO_GYM_PARITY_STEPS`` (50) steps each in ``T2PO_GYM_PARITY_PROCESSES``
processes; ``T2PO_GYM_PARITY_SEED`` repeats a run.
"""

from __future__ import annotations

import gzip
import os
import random
import secrets
from importlib.util import find_spec
from pathlib import Path

import pytest
from alfworld_parity import (
    ARCHIVE,
    Tally,
    generated_files,
    official_files,
    run,
    spread,
)
from shared import shared_path

from t2po_gym.envs.alfworld.data.game import Op
from t2po_gym.envs.alfworld.data.game_file import parse_game

pytestmark = pytest.mark.skipif(
    find_spec("textworld") is None or find_spec("alfworld") is None,
    reason="needs the original packages: pip install 't2po-gym[alfworld]'",
)

SMALL_SAMPLE, SMALL_STEPS = 2, 12


def setting(name: str, default: int) -> int:
    return int(os.environ.get(f"T2PO_GYM_PARITY_{name}", default))


def fresh_seed() -> str:
    return os.environ.get("T2PO_GYM_PARITY_SEED") or secrets.token_hex(4)


def official_sample(folder: Path, count: int, seed: str) -> list[Path]:
    data = os.environ.get("ALFWORLD_DATA")
    if data and Path(data, "json_2.1.1", "valid_seen").is_dir():
        files = official_files(folder, None)
    else:
        files = official_files(folder, shared_path(*ARCHIVE))
    return spread(files, count, random.Random(seed))


def play(name: str, files: list[Path], steps: int, seed: str, processes: int, capsys) -> Tally:
    *_, tally = run(files, steps=steps, seed=seed, processes=processes)
    with capsys.disabled():
        print(f"\n{name}, seed {seed}: {tally}")
    return tally


def test_small_sample_of_generated_games(tmp_path, capsys):
    seed = fresh_seed()
    files = generated_files(tmp_path, SMALL_SAMPLE, seed)
    tally = play("generated", files, SMALL_STEPS, seed, 1, capsys)
    assert tally.mismatches == 0, str(tally)
    assert tally.steps == SMALL_SAMPLE * SMALL_STEPS


def test_small_sample_of_official_games(tmp_path, capsys):
    seed = fresh_seed()
    files = official_sample(tmp_path, SMALL_SAMPLE, seed)
    tally = play("official", files, SMALL_STEPS, seed, 1, capsys)
    assert tally.mismatches == 0, str(tally)
    assert tally.games == SMALL_SAMPLE


def whole_sample(kind, files_of, tmp_path, capsys):
    """Play the sample that the settings ask for; returns the tally and the games asked for."""
    seed, count = fresh_seed(), setting("GAMES", 200)
    files = files_of(tmp_path, count, seed)
    processes = setting("PROCESSES", os.cpu_count() or 1)
    tally = play(kind, files, setting("STEPS", 50), seed, processes, capsys)
    assert tally.mismatches == 0, str(tally)
    return tally, count


@pytest.mark.slow
@pytest.mark.parity
def test_generated_games(tmp_path, capsys):
    tally, count = whole_sample("generated", generated_files, tmp_path, capsys)
    assert tally.games == count
    assert len(tally.kinds) == 6 or count < 60


@pytest.mark.slow
@pytest.mark.parity
def test_official_games(tmp_path, capsys):
    tally, count = whole_sample("official", official_sample, tmp_path, capsys)
    assert tally.games == min(count, 274)
    assert len(tally.kinds) == 6 or count < 12


@pytest.mark.slow
@pytest.mark.parity
def test_games_of_the_older_dialect(tmp_path, capsys):
    """The archive has the newer dialect only; the recorded games have both."""
    seed, files = fresh_seed(), []
    for packed in sorted(shared_path("golden", "alfworld").rglob("games/*.tw-pddl.gz")):
        content = gzip.decompress(packed.read_bytes())
        if Op.HELP not in parse_game(content, packed.name).phrases.commands:
            path = tmp_path / packed.name / "trial" / "game.tw-pddl"
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            files.append(path)
    if not files:
        pytest.skip("needs recorded games of the older dialect")
    files = files[: setting("GAMES", 200)]
    processes = setting("PROCESSES", os.cpu_count() or 1)
    tally = play("older dialect", files, setting("STEPS", 50), seed, processes, capsys)
    assert tally.mismatches == 0, str(tally)
    assert tally.games == len(files)
