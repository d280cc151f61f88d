import json

from t2po_gym.envs.webshop.originals.history import ObservationHistory, lengths_of


def test_order_and_limits():
    history = ObservationHistory("o0", num_prev_obs=1, num_prev_actions=2)
    assert history.add("a1", "o1") == "o0 [SEP] a1 [SEP] o1"
    assert history.add("a2", "o2") == "a1 [SEP] o1 [SEP] a2 [SEP] o2"
    assert history.add("a3", "o3") == "a2 [SEP] o2 [SEP] a3 [SEP] o3"


def test_no_history_by_default():
    history = ObservationHistory("o0")
    assert [history.add(f"a{i}", f"o{i}") for i in range(3)] == ["o0", "o1", "o2"]


def test_long_episodes_do_not_grow():
    history = ObservationHistory("o", num_prev_obs=3)
    for i in range(100):
        history.add(f"a{i}", f"o{i}")
    assert len(history._observations) <= 4
    assert len(history._actions) <= 4


def test_the_oldest_entries_go_first_where_it_gets_too_long():
    history = ObservationHistory("o0", num_prev_obs=2, num_prev_actions=2, max_chars=21)
    assert history.add("a1", "o1") == "o0 [SEP] a1 [SEP] o1"
    assert history.add("a2", "o2") == "o1 [SEP] a2 [SEP] o2"
    assert history.add("a3", "x" * 40) == "x" * 40  # the page itself is never cut here


def test_what_is_remembered_can_be_saved():
    first, second = (ObservationHistory("o0", num_prev_obs=2, num_prev_actions=2) for _ in "12")
    first.add("a1", "o1")
    second.load(json.loads(json.dumps(first.save())))
    assert first.add("a2", "o2") == second.add("a2", "o2")


def test_lengths_are_named():
    assert lengths_of(0, 0) == {}
    assert lengths_of(2, 0) == {"num_prev_obs": 2}
