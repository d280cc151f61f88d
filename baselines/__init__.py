"""The algorithms: T2PO, GiGPO, GRPO and PPO for language agents over many turns.

In the repository this package is `baselines`, in an installed wheel `t2po_gym.baselines` (setup.py
says why). Its modules import each other relatively; where a text names one that has to be found,
`found_as` says what it is called.
"""

__all__ = ["INSTALLED", "found_as"]

INSTALLED = __name__ != "baselines"
"""Whether this is a wheel's package, not the repository's folder."""


def found_as(name: str) -> str:
    """Return what a module is called here, for names in settings and records.

    Names of this package's modules, as the repository or a wheel writes them, are turned into those
    that can be imported here; every other name stays what it is.
    """
    for known in ("t2po_gym.baselines", "baselines"):
        if name == known or name.startswith(f"{known}."):
            return __name__ + name.removeprefix(known)
    return name
