"""The benchmark measures what it says; its figures themselves are made by `make bench`."""

import json
import subprocess
import sys

import pytest
from benchmark_scripts import BENCHMARKS, load_script
from webshop_envs import make

SCRIPT = BENCHMARKS / "webshop.py"


@pytest.fixture(scope="module")
def benchmark_script():
    return load_script("webshop")


def test_the_mixed_script_is_what_the_table_says(benchmark_script):
    env = make(split="all", max_turns=100)
    for task in range(30):
        times = {name: [] for name in ("reset", "next page", "invalid action", "sub page", "buy")}
        times |= {name: [] for name in ("search by query", "search by instruction", "option")}
        times |= {name: [] for name in ("open a product", "< prev")}
        taken = benchmark_script.play_mixed(env, task, times)
        assert env.session.kind == "done"
        assert taken == sum(len(values) for values in times.values()) - 1
        assert all(times[name] for name in times if name != "option")


def test_tasks_are_spread_without_repetition(benchmark_script):
    for total, count in ((1, 1), (10, 10), (3403, 3000), (362_068, 3000)):
        tasks = benchmark_script.spread(total, count)
        assert len(set(tasks)) == count
        assert all(0 <= task < total for task in tasks)


@pytest.mark.parametrize("name", ["start", "memory", "compile", "search"])
def test_a_measurement_gives_its_figures_from_a_process_of_its_own(name):
    call = json.dumps([name, "compact:400", None])
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "--measure", call], capture_output=True, text=True, check=True
    )
    figures = json.loads(run.stdout)
    numbers = [value for value in figures.values() if isinstance(value, (int, float))]
    assert len(numbers) == len(figures) >= 2
    assert all(value >= 0 for value in numbers)
