"""`t2po-gym serve ...` in a process of its own, as a user starts it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

COMMAND = (sys.executable, "-m", "t2po_gym.cli.main", "serve")


@contextmanager
def served(service: str, env_id: str, *flags: str) -> Iterator[str]:
    """Serve on a free port of this machine and yield the address; stop it at the end."""
    words = [*COMMAND, service, env_id, "--port", "0", *flags]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, f"the server said {line!r} and returned {process.poll()}"
        yield found[0]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
