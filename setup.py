"""What pyproject.toml cannot say: which packages there are, what a wheel calls them, and its page.

`baselines` and `leaderboards` lie at the top of the repository, where people look for them. In
somebody's site-packages names as common as these would clash with those of others, so a wheel
carries the folders as `t2po_gym.baselines` and `t2po_gym.leaderboards`. Their modules import each
other relatively and work under either name. An editable install leaves the folders as they are.

The page on a package index is README.md, whose links name files of the repository. Where
T2PO_GYM_REPOSITORY says where that is on the web, they lead there; otherwise they are plain text.
"""

import os
import re
import sys
from pathlib import Path

from setuptools import find_packages, setup

INSIDE = ("baselines", "leaderboards")
"""Folders that a wheel holds inside `t2po_gym`."""
LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(([^)\s]+)\)")
COMMENT = re.compile(r"^<!-- .* -->\n", re.MULTILINE)


def page(text: str, repository: str) -> str:
    """Return README.md as it is shown outside the repository."""

    def elsewhere(link: "re.Match[str]") -> str:
        picture, words, target = link.groups()
        if re.match(r"[a-z]+:|#", target):
            return link[0]
        if repository:
            return f"{picture}[{words}]({repository}/{'raw' if picture else 'blob'}/main/{target})"
        return "" if picture else words

    return LINK.sub(elsewhere, COMMENT.sub("", text))


repository = os.environ.get("T2PO_GYM_REPOSITORY", "").rstrip("/")
packages = find_packages(include=["t2po_gym", "t2po_gym.*"])
parts = find_packages(include=[name for top in INSIDE for name in (top, f"{top}.*")])
inside = "editable_wheel" not in sys.argv
setup(
    packages=packages + [f"t2po_gym.{part}" if inside else part for part in parts],
    package_dir={f"t2po_gym.{top}": top for top in INSIDE} if inside else {},
    long_description=page(Path("README.md").read_text(encoding="utf-8"), repository),
    long_description_content_type="text/markdown",
    project_urls={"Repository": repository} if repository else {},
)
