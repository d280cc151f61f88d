"""Environments in a process with several threads, such as a server's."""

from __future__ import annotations

from threading import Lock

__all__ = ["ONE_AT_A_TIME"]

ONE_AT_A_TIME = Lock()
"""Hold it while an environment is used where several threads use some: environments of one process
share catalogues and caches, which are not made for several threads."""
