"""Who plays in `t2po-gym eval`."""

import argparse
import os
import sys
from importlib import import_module
from typing import Any

from t2po_gym.cli.parts import import_part
from t2po_gym.data.json_text import parse_json
from t2po_gym.evaluation.policies import BatchPolicy, Policy, find_policy


def find_own_modules() -> None:
    """Let modules of the current folder be found, as `python -m` does: policies, templates."""
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def add_import(parser: argparse.ArgumentParser) -> None:
    """Declare `--import`, for records of environments of one's own."""
    parser.add_argument(
        "--import",
        dest="module",
        metavar="MODULE",
        help="of a run or traces, a module of yours with the environment they were played in",
    )


def import_named(arguments: argparse.Namespace) -> None:
    """Import the module that `--import` names, from the current folder too.

    Raises:
        ValueError: If there is none, or it cannot be imported.
    """
    if arguments.module is None:
        return
    find_own_modules()
    try:
        import_module(arguments.module)
    except ImportError as error:
        raise ValueError(f"--import {arguments.module}: {error}.") from error


def policy_of(arguments: argparse.Namespace, env_id: str) -> Policy | BatchPolicy:
    """Return who plays an environment.

    Raises:
        ValueError: If none or more than one is named, or it cannot be used.
    """
    named = (arguments.policy, arguments.endpoint or arguments.model or None)
    if sum(name is not None for name in named) != 1:
        raise ValueError(
            "Name who plays: --policy NAME, --model NAME, or --endpoint URL --model NAME."
        )
    if arguments.policy is not None:
        return find_policy(arguments.policy)
    if arguments.endpoint is None:
        return local_policy(arguments, env_id)
    if arguments.thinking:
        raise ValueError("--thinking needs a model on this machine: TTI reads its uncertainty.")
    if chat_of(arguments):
        raise ValueError("An endpoint has a chat template of its own; leave out --chat-template*.")
    from t2po_gym.evaluation.endpoint import ChatSettings, EndpointPolicy  # needs the extra `eval`

    return EndpointPolicy(
        ChatSettings(
            url=arguments.endpoint,
            model=arguments.model,
            key=os.environ.get(arguments.key_env, ""),
            temperature=arguments.temperature,
            max_tokens=arguments.max_tokens or 512,
            timeout_s=arguments.timeout,
            retries=arguments.retries,
        )
    )


def local_policy(arguments: argparse.Namespace, env_id: str) -> BatchPolicy:
    """Return a model on this machine. The package knows the trainers by this name only.

    Raises:
        ValueError: If torch is missing, or the model cannot play this environment.
    """
    try:
        kind = import_part("baselines.local_policy").LocalPolicy
    except ModuleNotFoundError as error:
        raise ValueError(
            f"--model needs the extra `train` ({error}): pip install 't2po-gym[train]'"
        ) from error
    policy: BatchPolicy = kind(
        arguments.model,
        env_id,
        temperature=arguments.temperature,
        max_tokens=arguments.max_tokens,
        thinking=arguments.thinking,
        chat=chat_of(arguments),
    )
    return policy


def chat_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the command line says about the chat template.

    Raises:
        ValueError: If the arguments of the template are no JSON object.
    """
    chat: dict[str, Any] = {"chat_template": "plain"} if arguments.chat_template else {}
    text = arguments.chat_template_kwargs
    if text is not None:
        try:
            given = parse_json(text)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise ValueError(
                "--chat-template-kwargs takes a JSON object such as "
                f"'{{\"enable_thinking\": false}}'; got {text!r}."
            )
        chat["chat_template_kwargs"] = given
    return chat
