"""What the benchmarks share: memory of a process, and measurements in processes of their own."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
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


def run_measurement(script: str, name: str, cache: Path, *arguments: Any) -> dict[str, Any]:
    """Run ``script --measure [name, *arguments]`` in a fresh process; return the JSON it prints.

    Args:
        script: path of the benchmark.
        name: measurement; of ``start`` the time of the whole process is noted as well.
        cache: cache folder of the process.
        arguments: of the measurement.
    """
    command = [sys.executable, script, "--measure", json.dumps([name, *arguments])]
    environment = {**os.environ, "T2PO_GYM_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(child.stdout)
    if name == "start":
        result["whole_process_s"] = round(time.perf_counter() - start, 3)
    return result
