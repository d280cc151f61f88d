"""`t2po/SearchQA-v0`: arguments, ids, the contract under every rule set."""

import gymnasium as gym
import pytest
from gymnasium.error import ResetNeeded
from searchqa_envs import make, start, tiny_world

from t2po_gym.core.many.checker import check_text_env
from t2po_gym.envs.searchqa.env import SearchQAEnv
from t2po_gym.envs.searchqa.world.fixed import ANSWER_ACTION, SEARCH_ACTION

LEVELS = {"Easy": 1, "Medium": 2, "Hard": 3, "Expert": 4}
TAGGED = ("<search>Ulmen</search>", "nothing", "<search>Ada Voss</search>", "<answer>Tarn</answer>")
PLAIN = ("search[Ulmen]", "nothing", "search[Ada Voss]", "answer[Tarn]")


def script(actions):
    """A policy that sends these actions in turn."""
    return lambda observation, info: actions[info["turn"] % len(actions)]


def test_make_gives_the_bare_environment_with_the_documented_defaults():
    env = gym.make("t2po/SearchQA-v0")
    assert isinstance(env, SearchQAEnv)
    assert (env.split, env.max_turns, len(env.world.corpus)) == ("train", 4, 10_000)
    observation, info = env.reset(seed=0)
    assert observation == f"Question: {env.question.text}"
    assert info["admissible_actions"] == (SEARCH_ACTION, ANSWER_ACTION)
    assert info["corpus_fingerprint"] == env.world.corpus.fingerprint
    assert info["index_fingerprint"] == env.world.retriever.fingerprint
    hops = {env.world.questions.question(n).hops for n in range(len(env.world.questions))}
    assert hops == {1, 2, 3, 4}
    assert {env._pool.question(n).hops for n in range(0, env.num_tasks(), 97)} == {1, 2, 3}


@pytest.mark.parametrize("level", LEVELS)
def test_levels_are_numbers_of_hops(level):
    env = gym.make(f"t2po/SearchQA-{level}-v0", split="test").unwrapped
    sample = range(0, env.num_tasks(), 50)
    assert {env._pool.question(index).hops for index in sample} == {LEVELS[level]}
    assert env.max_turns > LEVELS[level]
    envs = gym.make_vec(f"t2po/SearchQA-{level}-v0", num_envs=2, split="test")
    _, infos = envs.reset(seed=0)
    assert infos["hops"].tolist() == [LEVELS[level]] * 2


WRONG = {
    "rules must be one of fixed, search-r1, t2po; got 'loose'": [{"rules": "loose"}],
    "split must be one of train, dev, test": [{"split": "valid"}],
    "reward must be one of em, f1, subem, em_format; got 'bleu'": [{"reward": "bleu"}],
    "topk must be an integer from 1 to 20; got 0": [{"topk": 0}],
    "topk must be an integer from 1 to 20; got 21": [{"topk": 21}],
    "topk must be an integer": [{"topk": True}, {"topk": 2.0}],
    "max_passage_chars must be an integer from 1": [{"max_passage_chars": 0}],
    "max_turns must be an integer of at least 1; got 0": [{"max_turns": 0}],
    "progress must be True or False; got 1": [{"progress": 1}],
    r"no questions of \[9\] hops": [{"hops": 9}],
    "hops must be a number such as 2": [{"hops": h} for h in ("many", True, (), (1, "2"))],
    "name them with questions=": [{"questions": None}],
    "no such place": [{"corpus": "no such place"}],
    "generated:SIZE": [{"corpus": "generated:ten"}],
    "is no address": [{"corpus": "http://"}],
}


@pytest.mark.parametrize(
    ("sentence", "arguments"), [(told, wrong) for told, all_of in WRONG.items() for wrong in all_of]
)
def test_a_wrong_argument_is_named_with_what_is_allowed(sentence, arguments):
    if arguments.get("corpus", "").startswith("http"):
        arguments = {**arguments, "questions": tiny_world()["questions"]}
    with pytest.raises(ValueError, match=sentence):
        make(**arguments)


FORMS = {
    "fixed": ({}, PLAIN),
    "fixed, tags": ({}, TAGGED),
    "fixed, one turn": ({"max_turns": 1}, PLAIN[3:]),
    "fixed, short": ({"max_passage_chars": 12, "topk": 1, "reward": "f1"}, PLAIN),
    "search-r1": ({"rules": "search-r1"}, TAGGED),
    "search-r1, running out": ({"rules": "search-r1"}, TAGGED[:3]),
    "t2po": ({"rules": "t2po", "reward": "em_format"}, TAGGED),
    "t2po, running out": ({"rules": "t2po"}, TAGGED[:3]),
}


@pytest.mark.parametrize("form", FORMS)
def test_contract(form):
    arguments, actions = FORMS[form]

    def make_one(**kwargs):
        return make(hops=None, **arguments, **kwargs)

    check_text_env(make_one, policy=script(actions), episodes=2)


def test_tasks_are_named_by_their_questions():
    env = make(hops=(2, 3))
    assert [env.task_id(n) for n in range(env.num_tasks())] == ["q2", "q3"]
    assert env.task_index("q3") == 1
    for absent in ("q1", "q9", ""):
        with pytest.raises(ValueError, match="There is no question"):
            env.task_index(absent)


def test_a_search_shows_passages_and_an_answer_ends():
    env, observation, _ = start("q2")
    assert observation == "Question: Where was the author of Ulmen born?"
    observation, reward, terminated, truncated, info = env.step("search[who is Ada Voss]")
    assert observation.startswith(
        "Question: Where was the author of Ulmen born?\n[1] Ada Voss: Ada Voss was born in Tarn. "
    )
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert info["searches"] == 1
    observation, reward, terminated, truncated, info = env.step("answer[the town of Tarn.]")
    assert observation == (
        "Question: Where was the author of Ulmen born?\nAnswer: the town of Tarn."
    )
    assert (reward, terminated, truncated, info["success"]) == (1.0, True, False, True)
    assert info["admissible_actions"] == ()
    with pytest.raises(ResetNeeded):
        env.step("answer[Tarn]")


@pytest.mark.parametrize(
    ("reward", "right", "close", "wrong"),
    [
        ("em", 1.0, 0.0, 0.0),
        ("f1", 1.0, 0.8, 0.0),
        ("subem", 1.0, 1.0, 0.0),
        ("em_format", 1.0, 0.2, 0.2),
    ],
)
def test_rewards(reward, right, close, wrong):
    for answer, expected in (("Otto Brill", right), ("Otto Brill the mayor", close), ("x", wrong)):
        env, _, info = start("q3", reward=reward)
        assert info["answer_em"] == info["answer_f1"] == info["answer_em_format"] == 0.0
        _, got, _, _, info = env.step(f"answer[{answer}]")
        assert got == pytest.approx(expected)
        assert got == info[f"answer_{reward}"]
        assert info["score"] == info["answer_em"] == float(answer == "Otto Brill")


def test_an_invalid_turn_breaks_the_form():
    env, _, _ = start("q3", reward="em_format")
    env.step("hello")
    assert env.step("answer[Otto Brill]")[1] == 0.8
    env, _, _ = start("q3", reward="em_format")
    env.step("hello")
    assert env.step("answer[nobody]")[1] == 0.1


def test_observations_are_the_same_with_progress_off_or_other_answers():
    from t2po_gym.envs.searchqa.data.questions import ListQuestions, Question

    def played(answers, **kwargs):
        asked = Question(id="q", text="Where?", answers=answers, support=("p1",), hops=2)
        env = make(questions=ListQuestions([asked]), **kwargs)
        seen = [env.reset(seed=1)[0]]
        for action in PLAIN:
            seen.append(env.step(action)[0])
        return seen

    for rules in ("fixed", "search-r1", "t2po"):
        first = played(("Tarn",), rules=rules)
        assert played(("Tarn",), rules=rules, progress=False) == first
        assert played(("elsewhere", "x"), rules=rules) == first


def test_a_snapshot_belongs_to_one_world():
    env, _, _ = start("q1")
    state = env.snapshot()
    other = make(topk=2)
    with pytest.raises(ValueError, match="topk=3"):
        other.restore(state)
