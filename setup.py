"""What pyproject.toml cannot say: which packages there are, and what a wheel calls them.

`baselines` and `leaderboards` lie at the top of the repository, where people look for them. In
somebody's site-packages names as common as these would clash with those of others, so a wheel
carries the folders as `t2po_gym.baselines` and `t2po_gym.leaderboards`. Their modules import each
other relatively and work under either name. An editable install leaves the folders as they are.
"""

import sys

from setuptools import find_packages, setup

INSIDE = ("baselines", "leaderboards")
"""Folders that a wheel holds inside `t2po_gym`."""

packages = find_packages(include=["t2po_gym", "t2po_gym.*"])
parts = find_packages(include=[name for top in INSIDE for name in (top, f"{top}.*")])
if "editable_wheel" in sys.argv:
    setup(packages=packages + parts)
else:
    setup(
        packages=packages + [f"t2po_gym.{part}" for part in parts],
        package_dir={f"t2po_gym.{top}": top for top in INSIDE},
    )
