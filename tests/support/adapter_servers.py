"""`t2po-gym serve ...` in a process of its own, as a user starts it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE_URL = "http://127.0.0.1:8000"
COMMAND = (sys.executable, "-m", "t2po_gym.cli.main", "serve")


@contextmanager
def served(service: str, env_id: str, *flags: str, python: str = sys.executable) -> Iterator[str]:
    """Serve on a free port of this machine and yield the address; stop it at the end.

    Args:
        service: Name of the service.
        env_id: Registered id.
        flags: Further words of the command.
        python: Which Python serves; another one where a client cannot live beside the server.
    """
    words = [python, *COMMAND[1:], service, env_id, "--port", "0", *flags]
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


def examples(heading: str) -> list[str]:
    """Return the Python blocks of a section of docs/adapters.md."""
    page = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def run_example(code: str, url: str) -> None:
    """Run a block of the page against a server of the test instead of the page's."""
    exec(compile(code.replace(PAGE_URL, url.rstrip("/")), "docs/adapters.md", "exec"), {})
