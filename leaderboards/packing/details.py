"""What a run says of its own submission, and what its author adds."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from t2po_gym.evaluation.records import Plan, PromptSettings, first_fault
from t2po_gym.evaluation.templates import is_ours

from ..checking.manifest import check_fields
from ..submission.manifest import Submission

__all__ = ["complete", "known_of", "merged", "of_kind"]


def known_of(plan: Plan) -> dict[str, Any]:
    """Return the fields of `submission.json` that a run knows of itself."""
    policy = plan.policy
    kind = "prompted"
    if policy["kind"] == "built-in":
        kind = "scripted"
    elif policy["kind"] == "model" and policy.get("training") is not None:
        kind = "trained"  # by this package, which knows how
    known = {"kind": kind, "privileged": plan.privileged, "scaffold": _scaffold(plan.prompt)}
    if kind == "scripted":
        return known
    known["model"] = {"name": policy["name"], **_of(policy, revision=str, parameters=int)}
    known["decoding"] = {
        "temperature": 0.0,
        **_of(policy, temperature=float, max_tokens=int),
        "tti": policy.get("tti_epsilon") is not None,
    }
    if kind == "trained":
        known["training"] = _training(policy["training"])
    return known


def _of(policy: Mapping[str, Any], **kinds: type) -> dict[str, Any]:
    """Return what a policy says in the way it is asked; the rest is for its author to give."""
    return {name: policy[name] for name, kind in kinds.items() if type(policy.get(name)) is kind}


def _training(training: Mapping[str, Any]) -> dict[str, Any]:
    """Training by this package: on a split that shares nothing with the panels."""
    return {
        "algorithm": training["algorithm"],
        "initial_checkpoint": training["initial_checkpoint"],
        "environments": [f"{training['environment']}, split {training['split']}"],
        "overlap": "none" if training["split"] == "train" else f"split {training['split']}",
        "seeds": [training["seed"]],
        "uses_progress_rewards": False,
        # The cold starts imitate scripted experts, and some of those read hidden goals.
        "uses_privileged_info": "cold start" in (training["algorithm"], _origin_of(training)),
    }


def _origin_of(training: Mapping[str, Any]) -> str:
    named = str(training["initial_checkpoint"])
    return "cold start" if named.startswith("builtin:") or not named else named


def _scaffold(prompt: PromptSettings) -> dict[str, Any]:
    ours = is_ours(prompt.template)
    return {
        "kind": "standard" if ours else "custom",
        "prompt": prompt.model_dump(),
        "template_sha256": "" if ours else _source_sha256(prompt.template),
    }


def _source_sha256(template: str) -> str:
    """Return the digest of the module that a custom template stands in."""
    found = find_spec(template.partition(":")[0])
    if found is None or found.origin is None:
        raise ValueError(f"The module of the prompt template {template!r} cannot be found.")
    return sha256(Path(found.origin).read_bytes()).hexdigest()


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `over` in place of its own, table by table."""
    found = dict(base)
    for key, value in over.items():
        old = found.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = merged(old, value)
        found[key] = value
    return found


def complete(fields: Mapping[str, Any]) -> Submission:
    """Return the manifest that some fields make.

    Raises:
        ValueError: If one is missing or wrong; the message names it.
    """
    try:
        found = Submission.model_validate(fields)
    except ValidationError as error:
        raise ValueError(
            f"submission.json: {first_fault(error)}; give it as an option or in --details."
        ) from error
    check_fields(found, found.folder)
    return found


def of_kind(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a scripted entry does not have: a model, its decoding, its training."""
    if fields.get("kind") != "scripted":
        return fields
    return {k: v for k, v in fields.items() if k not in ("model", "decoding", "training")}
