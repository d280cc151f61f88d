"""The same scripted episodes in single environments and in every vector mode."""

import gymnasium as gym
import numpy as np

MODES = {
    "sync": {"vectorization_mode": "sync"},
    "async": {"vectorization_mode": "async"},
    "async without shared memory": {
        "vectorization_mode": "async",
        "vector_kwargs": {"shared_memory": False},
    },
    "one process": {"vectorization_mode": "vector_entry_point"},
}


def literally(turn, admissible):
    """A scripted turn that is an action already, whatever is listed."""
    return turn


def single_hashes(make, *, num_envs, seed, script, action_of=literally):
    """Hash chains of single environments, ``[turns + 1][num_envs]``."""
    chains = []
    for number in range(num_envs):
        env = make()
        _, info = env.reset(seed=seed + number)
        chain = [info["observation_hash"]]
        for turn in script:
            *_, info = env.step(action_of(turn, info["admissible_actions"]))
            chain.append(info["observation_hash"])
        chains.append(chain)
    return [list(turn) for turn in zip(*chains, strict=True)]


def vector_hashes(env_id, mode, *, num_envs, seed, script, action_of=literally, **settings):
    """The same chains from one vector environment; each step also checks the types of the batch."""
    envs = gym.make_vec(env_id, num_envs=num_envs, **settings, **MODES[mode])
    try:
        observations, infos = envs.reset(seed=seed)
        hashes = [list(infos["observation_hash"])]
        for turn in script:
            actions = [action_of(turn, listed) for listed in infos["admissible_actions"]]
            observations, *_, infos = envs.step(actions)
            hashes.append(list(infos["observation_hash"]))
            assert len(observations) == num_envs
            assert isinstance(infos["progress"], np.ndarray)
    finally:
        envs.close()
    return hashes
