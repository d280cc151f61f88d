"""`num_prev_obs`, `num_prev_actions` and `session_prefix` of `t2po/WebShop-v0`."""

import pytest
from webshop_envs import make

from t2po_gym.envs.webshop.world.pages import SEPARATOR

ACTIONS = ("search[tea]", "click[nothing]", "click[next >]", "click[< prev]", "look")
LENGTHS = {"num_prev_obs": 2, "num_prev_actions": 3}


def played(env, actions=ACTIONS):
    yield env.reset(seed=5)
    for action in actions:
        observation, *_, info = env.step(action)
        yield observation, info


@pytest.mark.parametrize("rules", ["fixed", "exact"])
def test_history_changes_the_observation_and_no_state(rules):
    arguments = {"rules": rules, "split": "all"}
    plain, longer = (list(played(make(**arguments, **more))) for more in ({}, LENGTHS))
    pages = [observation for observation, _ in plain]
    assert longer[0][0] == pages[0]
    assert longer[1][0] == SEPARATOR.join([pages[0], ACTIONS[0], pages[1]])
    assert longer[4][0] == SEPARATOR.join(
        [ACTIONS[1], pages[2], ACTIONS[2], pages[3], ACTIONS[3], pages[4]]
    )
    for (_, before), (_, after) in zip(plain, longer, strict=True):
        assert before["observation_hash"] != after["observation_hash"] or after["turn"] == 0
        same = set(before) - {"observation_hash"}
        assert {key: after[key] for key in same} == {key: before[key] for key in same}


def test_a_snapshot_remembers_what_was_shown():
    env, other = make(**LENGTHS), make(**LENGTHS)
    list(played(env, ACTIONS[:3]))
    state = env.snapshot()
    expected = [env.step(action)[0] for action in ACTIONS]
    other.restore(state)
    assert [other.step(action)[0] for action in ACTIONS] == expected
    with pytest.raises(ValueError, match="was taken with num_prev_actions=3"):
        make().restore(state)


def test_settings_left_alone_leave_the_fingerprint_alone():
    assert make(num_prev_obs=0, session_prefix="").fingerprint == make().fingerprint
    assert make(num_prev_obs=1).fingerprint != make().fingerprint


def test_a_long_history_never_hides_the_page():
    env = make(num_prev_obs=500, num_prev_actions=500, max_turns=200)
    env.reset(seed=0)
    for _ in range(150):
        observation, *_ = env.step("search[tea]")
    assert len(observation) <= env.MAX_OBSERVATION_CHARS
    assert observation.endswith(env.session.observation())
    assert len(observation) > env.MAX_OBSERVATION_CHARS - 4_000


def test_an_endless_history_ends():
    lengths = {"num_prev_obs": 10**12, "num_prev_actions": 10**12}
    most = make(num_prev_obs=99, num_prev_actions=99)
    assert list(played(make(**lengths))) == list(played(most))


def test_the_session_prefix_is_in_addresses():
    env = make(observation_mode="url", session_prefix="w3-")
    first, _ = env.reset(seed=0, options={"task_index": 0})
    plain, _ = make(observation_mode="url").reset(seed=0, options={"task_index": 0})
    assert first == plain.replace("3000/", "3000/w3-")
    state = env.snapshot()
    env.step("search[tea]")
    assert env.restore(state)[0] == first
    assert env.step("search[tea]")[0].startswith("http://127.0.0.1:3000/search_results/w3-")
