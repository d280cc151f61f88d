"""``t2po-gym train``: the trainers, as commands of an installed package."""

import argparse

from t2po_gym.cli.parts import import_part

ALGORITHMS = ("t2po", "gigpo", "grpo", "ppo")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the algorithm; what follows it is the trainer's own command line."""
    parser.add_argument("algorithm", choices=ALGORITHMS, help="what learns")
    flags = parser.add_argument(
        "flags",
        nargs=argparse.REMAINDER,
        metavar="...",
        help="settings of the trainer, such as --preset webshop; --help lists them",
    )
    flags.required = False  # argparse would ask for "..." where the algorithm is missing


def run(arguments: argparse.Namespace) -> int:
    """Run a trainer, as `python baselines/ALGORITHM_train.py` does in the repository."""
    trainer = import_part(f"baselines.{arguments.algorithm}_train")
    return int(trainer.main(arguments.flags))
