"""Hashes of what the environments do, to compare two versions of the code.

    python benchmarks/identity.py --out before.json          play 1,000 episodes per environment
    python benchmarks/identity.py --compare before.json      play them again and compare
    python benchmarks/identity.py --metrics runs/NAME        hash a training run's tables as well

The player draws from the admissible actions, follows links and buys or answers sooner or later; a
few of its actions are nonsense. It only sees what Gymnasium shows, so the script runs unchanged on
any version of the package. Keys that a newer version adds to ``info`` do not count.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym

import t2po_gym

EPISODES = 1_000
ENVIRONMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "webshop": ("t2po/WebShop-v0", {}),
    "webshop-exact": ("t2po/WebShop-v0", {"rules": "exact"}),
    "webshop-compact": ("t2po/WebShop-v0", {"catalogue": "compact:2000", "max_turns": 8}),
    "alfworld": ("t2po/ALFWorld-v0", {}),
    "alfworld-exact": ("t2po/ALFWorld-v0", {"rules": "exact"}),
    "alfworld-easy": ("t2po/ALFWorld-v0", {"difficulty": "easy", "max_turns": 8}),
    "searchqa": ("t2po/SearchQA-v0", {}),
    "searchqa-r1": ("t2po/SearchQA-v0", {"rules": "search-r1"}),
    "searchqa-t2po": ("t2po/SearchQA-v0", {"rules": "t2po"}),
    "searchqa-expert": ("t2po/SearchQA-Expert-v0", {}),
    "toykeys": ("t2po/ToyKeys-v0", {}),
}
INFO = (
    "score",
    "success",
    "turn",
    "action_valid",
    "state_key",
    "state_repeated",
    "action_repeated",
    "task_id",
    "observation_hash",
    "admissible_actions",
    "progress",
    "progress_delta",
    "progress_max",
    "milestones",
)
NONSENSE = ("", "dance", "search", "click[", "go to nowhere 7", "answer", "\x00", "xyzzy " * 40)


def play(name: str, episodes: int) -> dict[str, str]:
    """Return a hash per split of `episodes` episodes, a third of them in each."""
    env_id, kwargs = ENVIRONMENTS[name]
    hashes = {}
    for split in ("train", "dev", "test"):
        env = gym.make(env_id, split=split, **kwargs)
        digest = hashlib.sha256()
        for number in range(-(-episodes // 3)):
            play_episode(env, number, digest)
        env.close()
        hashes[split] = digest.hexdigest()
    return hashes


def play_episode(env: gym.Env[str, str], seed: int, digest: Any) -> None:
    """Play one episode and add all it shows to the digest."""
    draw = random.Random(seed)
    observation, info = env.reset(seed=seed)
    words = re.findall(r"\w+", observation) or ["thing"]
    add(digest, observation, 0.0, False, False, info)
    over = False
    while not over:
        action = choose(draw, info["admissible_actions"], words)
        observation, reward, terminated, truncated, info = env.step(action)
        add(digest, observation, float(reward), terminated, truncated, info)
        over = terminated or truncated


def choose(draw: random.Random, admissible: tuple[str, ...], words: list[str]) -> str:
    """Return an admissible action, its patterns filled with words of the first page."""
    if not admissible or draw.random() < 0.05:
        return draw.choice(NONSENSE)
    action = draw.choice(admissible)
    return re.sub(r"<[^<>]*>", lambda _: " ".join(draw.sample(words, min(4, len(words)))), action)


def add(digest: Any, observation: str, *rest: Any) -> None:
    """Add one step to the digest."""
    *flags, info = rest
    known = {key: info[key] for key in INFO}
    line = json.dumps([observation, flags, known], sort_keys=True, default=str)
    digest.update(line.encode("utf-8", "surrogatepass") + b"\n")


def hash_metrics(folder: Path) -> dict[str, str]:
    """Return the hashes of a run's tables, which hold no times."""
    names = ("metrics.jsonl", "evaluations.jsonl")
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def main(arguments: list[str]) -> int:
    """Run the command line; returns 1 where hashes differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--episodes", type=int, default=EPISODES, help="per environment")
    parser.add_argument("--only", nargs="*", choices=list(ENVIRONMENTS), default=list(ENVIRONMENTS))
    parser.add_argument("--metrics", type=Path, help="run folder whose tables are hashed too")
    parser.add_argument("--out", type=Path, help="write the hashes here")
    parser.add_argument("--compare", type=Path, help="compare with hashes written before")
    chosen = parser.parse_args(arguments)
    print(f"t2po_gym {t2po_gym.__version__}", flush=True)
    found: dict[str, Any] = {}
    for name in chosen.only:
        found[name] = play(name, chosen.episodes)
        print(name, *(value[:16] for value in found[name].values()), flush=True)
    if chosen.metrics is not None:
        found["metrics"] = hash_metrics(chosen.metrics)
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if chosen.compare is None:
        return 0
    before = json.loads(chosen.compare.read_text(encoding="utf-8"))
    changed = [name for name in found if found[name] != before.get(name)]
    print(f"{len(found) - len(changed)} equal, {len(changed)} differ: {', '.join(changed) or '-'}")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
