"""OpenEnv's own validation passes on our server."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from adapter_episodes import FAMILIES, expected_episodes
from adapter_servers import served
from openenv.cli._validation import validate_running_environment
from openenv.validation import CheckStatus, ExecResult, Level, ProviderCapability, run_validation
from openenv.validation.types import Verdict

# OpenEnv's collector calls what websockets has deprecated: no fault of the server it looks at.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MANIFEST = """
spec_version: 1
name: {name}
version: 0.1.0
type: space
runtime: fastapi
port: 8000
validation:
  reward: {{range: [0.0, {best}], oracle_tolerance: 0.0, floor_margin: 0.1}}
  resources: {{cpu: 1.0, memory_mb: 1024, disk_mb: 512, episode_timeout_s: 600.0}}
  capabilities:
    verifier: {{kind: reward_channel}}
    task_api: true
  types: {{tags: [text]}}
  execution: {{kind: openenv_ws, probe_path: runtime.json}}
"""
PROVEN = {
    *("static.manifest", "runtime.startup", "runtime.reward_well_formed"),
    *("runtime.observation_schema", "runtime.state_contract"),
}
"""The checks that this release of OpenEnv has and that need no container."""


@dataclass
class ThisMachine:
    """A provider that starts our command instead of a container: OpenEnv ships Docker alone."""

    env_id: str
    name: str = "this-machine"
    capabilities: frozenset[ProviderCapability] = frozenset({ProviderCapability.IMAGE_BUILD})
    supported_network_modes: frozenset[str] = frozenset({"public"})
    running: ExitStack = field(default_factory=ExitStack)
    base_url: str = ""

    def build(self, root: Path, execution: Any) -> str:
        return "sha256:" + "0" * 64

    def start(self, spec: Any) -> ThisMachine:
        server = served("openenv", self.env_id, "--set", "split=test")
        self.base_url = self.running.enter_context(server)
        return self

    def inspect(self) -> dict[str, Any]:
        return {"provider": self.name}

    def logs(self, max_bytes: int = 65_536) -> str:
        return ""

    def exec(self, argv: list[str], timeout_s: float) -> ExecResult:
        raise NotImplementedError("no check that is run needs a command")

    def stop(self) -> None:
        self.running.close()


@pytest.mark.parametrize("env_id", FAMILIES)
def test_the_validation_runner(env_id: str, tmp_path: Path) -> None:
    """Whatever it can check passes; what it leaves out it says itself."""
    expected = expected_episodes(env_id, "scripted", 1)[0]
    best = max(1.0, *expected.rewards)
    name = env_id.partition("/")[2]
    (tmp_path / "openenv.yaml").write_text(MANIFEST.format(name=name, best=best))
    options = {"split": "test", "index": expected.task_index}
    plan = {
        "plan_schema_version": "1",
        "reset": {"episode_id": "episode-1", "seed": expected.seed, "options": options},
        "actions": [{"action": action} for action in expected.actions],
    }
    (tmp_path / "runtime.json").write_text(json.dumps(plan))
    report = run_validation(tmp_path, max_level=Level.RUNTIME, provider=ThisMachine(env_id))
    found = {result.check_id: result for result in report.results}
    for check in PROVEN:
        assert found[check].status is CheckStatus.PASS, (check, found[check].evidence)
    for check in set(found) - PROVEN:
        assert found[check].status is CheckStatus.SKIP, (check, found[check].evidence)
    assert report.verdict is Verdict.WARN  # for what it left out
    shutil.rmtree(tmp_path)


def test_the_check_of_a_running_server() -> None:
    with served("openenv", FAMILIES[0]) as url:
        report = validate_running_environment(url, timeout_s=60.0)
    assert report["passed"], report
    assert report["mode"] == "simulation"
