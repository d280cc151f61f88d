"""What the benchmarks share: memory of a process, and measurements in processes of their own."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def memory_mb() -> tuple[float, float]:
    """Resident memory of this process in MB (2**20 bytes), and how much of it is its own.

    The rest are pages of mapped files: every process shares them, and the system may drop them.
    """
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return peak_mb(), peak_mb()
    resident, shared = (int(number) for number in statm.read_text().split()[1:3])
    unit = resource.getpagesize() / 2**20
    return round(resident * unit, 1), round((resident - shared) * unit, 1)


def rss_mb() -> float:
    """Resident memory of this process in MB, pages of mapped files included."""
    return memory_mb()[0]


def peak_mb(who: int = resource.RUSAGE_SELF) -> float:
    """Largest resident memory so far in MB, of this process or of its children."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(who).ru_maxrss * unit / 2**20, 1)


def parse_with(parser: argparse.ArgumentParser, results: Path) -> argparse.Namespace:
    """Read the command line, with the flags that every benchmark has."""
    parser.add_argument("--out", type=Path, default=results, help="where the JSON goes")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    return parser.parse_args()


def by_environment(
    parser: argparse.ArgumentParser,
    results: Path,
    environments: Sequence[str],
    measure: Callable[[str, int], dict[str, Any]],
) -> dict[str, Any]:
    """Measure one environment or all, keep what was measured before; returns all results.

    Args:
        parser: has the flag `--count`, which `measure` is given.
        results: where the JSON goes.
        environments: their names.
        measure: returns what was measured on an environment.
    """
    parser.add_argument("--only", choices=environments, help="one environment")
    parser.add_argument("--out", type=Path, default=results, help="where the JSON goes")
    options = parser.parse_args()
    found = json.loads(options.out.read_text()) if options.out.is_file() else {}
    for env in environments:
        if options.only in (None, env):
            found[env] = measure(env, options.count)
            print(env, json.dumps(found[env], indent=2), flush=True)
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return dict(found)


def run_measurement(script: str, name: str, cache: Path, *arguments: Any) -> dict[str, Any]:
    """Run ``script --measure [name, *arguments]`` in a fresh process; return the JSON it prints.

    Where the process fails, this one ends with its status.

    Args:
        script: path of the benchmark.
        name: measurement; of ``start`` the time of the whole process is noted as well.
        cache: cache folder of the process.
        arguments: of the measurement.
    """
    command = [sys.executable, script, "--measure", json.dumps([name, *arguments])]
    environment = {**os.environ, "T2PO_GYM_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if child.returncode:
        sys.exit(child.returncode)  # the child has said why
    result: dict[str, Any] = json.loads(child.stdout)
    if name == "start":
        result["whole_process_s"] = round(time.perf_counter() - start, 3)
    return result


def answer(measure: str | None, measurements: Mapping[str, Callable[..., dict[str, Any]]]) -> bool:
    """In a child process of `run_measurement`, measure and print; tell whether this is one."""
    if not measure:
        return False
    name, *rest = json.loads(measure)
    print(json.dumps(measurements[name](*rest)))
    return True


def shared_data(*parts: str) -> Path | None:
    """Return a folder of the original data beside the repository, None where there is none."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("T2PO_GYM_SHARED") or root.parent / "shared").joinpath(*parts)
    return folder if folder.exists() else None


def measured_on(measure: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    """Measure, and say on what machine and beside how much other work."""
    before = [round(x, 2) for x in os.getloadavg()]
    found = measure()
    return found, {
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "load_before": before,
        "load_after": [round(x, 2) for x in os.getloadavg()],
    }


def keep(out: Path, results: Mapping[str, Any], show: Callable[[Any], None]) -> None:
    """Write results as JSON and show them."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    show(results)
    print(f"\nwritten to {out}")
