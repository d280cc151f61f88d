"""What `t2po-gym eval` plays: an environment with its arguments, or a track of the leaderboard."""

import argparse
from typing import Any

from t2po_gym.cli.parts import import_part
from t2po_gym.cli.settings import parse_setting
from t2po_gym.evaluation.policies import BatchPolicy, Policy
from t2po_gym.evaluation.records import Plan, PromptSettings
from t2po_gym.evaluation.runner import make_plan


def find_track(arguments: argparse.Namespace) -> Any:
    """Return the track that is named. The package knows the leaderboard by this name only.

    Raises:
        ValueError: If there is none, or an argument is given that the track decides.
    """
    for name in ("split", "tasks", "settings"):
        if getattr(arguments, name):
            word = "set" if name == "settings" else name
            raise ValueError(f"A track decides what is played; leave out --{word}.")
    return import_part("leaderboards.tracks.track").find_track(arguments.track)


def plan_of(arguments: argparse.Namespace, policy: Policy | BatchPolicy, track: Any) -> Plan:
    """Return what is played; `track` is a track of the leaderboard or None."""
    common: dict[str, Any] = {
        "policy": policy,
        "trials": arguments.trials or (track.trials if track else 1),
        "seed": arguments.seed,
        "prompt": getattr(policy, "scaffold", None)
        or PromptSettings(
            template=arguments.template, history=arguments.history, parser=arguments.parser
        ),
    }
    if track is None:
        if arguments.base:
            raise ValueError("--base belongs to a fresh track; name it by --track.")
        brought = dict(getattr(policy, "env_kwargs", {}))
        settings = dict(map(parse_setting, arguments.settings))
        if arguments.split and "split" in settings:
            raise ValueError("--split and --set split say the same; leave one of them out.")
        kwargs = {**brought, **settings}
        kwargs["split"] = arguments.split or kwargs.get("split", "test")
        tasks = 200 if arguments.tasks is None else arguments.tasks
        return make_plan(arguments.env_id, kwargs, tasks=tasks, **common)
    if common["prompt"].parser not in track.parsers:
        raise ValueError(
            f"The track {track.id} reads replies by {' or '.join(track.parsers)}; "
            f"got the parser {common['prompt'].parser}."
        )
    panel_of = import_part("leaderboards.tracks.panels").panel_of
    plan = make_plan(
        track.env_id,
        track.kwargs(arguments.base),
        task_ids=panel_of(track.id, arguments.base).task_ids,
        track=track.id,
        base=arguments.base,
        **common,
    )
    if track.fingerprint not in ("", plan.fingerprint):
        raise ValueError(
            f"Data or rules of this machine are not those of the track {track.id}: fingerprint "
            f"{plan.fingerprint[:16]}, expected {track.fingerprint[:16]}."
        )
    return plan
