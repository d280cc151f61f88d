"""``t2po-gym data``: one subcommand per environment, and two for what models need."""

import argparse
from collections.abc import Callable

from t2po_gym.cli.data import alfworld, pretrained, searchqa, webshop

RUN: dict[str, Callable[[argparse.Namespace], int]] = {
    "webshop": webshop.run,
    "alfworld": alfworld.run,
    "searchqa": searchqa.run,
    "tokenizers": pretrained.run_tokenizers,
    "smollm2": pretrained.run_smollm2,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of every subcommand."""
    subjects = parser.add_subparsers(dest="subject", metavar="SUBJECT", required=True)
    webshop.make_parser(subjects)
    alfworld.make_parser(subjects)
    searchqa.make_parser(subjects)
    pretrained.make_parsers(subjects)


def run(arguments: argparse.Namespace) -> int:
    """Run one of them."""
    return RUN[arguments.subject](arguments)
