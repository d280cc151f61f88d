"""Code run by a fresh Python with a given hash seed."""

import os
import subprocess
import sys


def printed_elsewhere(code: str, hash_seed: str) -> str:
    """What a fresh process prints that runs the code."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
