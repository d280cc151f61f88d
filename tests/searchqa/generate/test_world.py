"""The generated world: guarantees (a) to (h), texts, splits."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from other_process import printed_elsewhere
from searchqa_guarantees import check_all, checked, paths, says

from t2po_gym.envs.searchqa.data.corpus import ListCorpus
from t2po_gym.envs.searchqa.data.questions import ListQuestions
from t2po_gym.envs.searchqa.generate import source_digest as generator_sources
from t2po_gym.envs.searchqa.generate import world as generate
from t2po_gym.envs.searchqa.generate.graph import FORMS, KINDS, MIN_SIZE, Entity, kind_sizes
from t2po_gym.envs.searchqa.generate.questions import level_sizes
from t2po_gym.envs.searchqa.generate.world import LEVELS, SPLITS, GeneratedWorld
from t2po_gym.envs.searchqa.world.metrics import normalize
from t2po_gym.retrieval.text.analyzer import analyze

SIZE = 1000

FINGERPRINTS = {  # (seed, size) -> fingerprints of the corpus and of the test questions
    (0, 1000): (
        "7409fbb80d1b92b05a6820c75754f3aaa47285665dca7785827e633a033bba4d",
        "17def7f571775390311677a421ba55b75a55ca4e6ce81c275d8c853acedd7d1f",
    ),
    (1, 1000): (
        "7c3946c20da3d1ae61e148ba5628e6ff17aec9049c51a136cffb32c8c2dd516d",
        "b6784353e9582c1570f940054859a9f7ae8f9fa40bd73209857c921dfa3d6441",
    ),
    (2, 1000): (
        "eb1317bf4d09dbb07022135a3ff4044c93c046dee911027189de7199db6e9eda",
        "1009165c05f89766223098e5b938e420f5d2c384103d372ae8d2cb7a810c16fe",
    ),
    (3, 1000): (
        "90f44c837a87b29e3948685ec4c378f30ea65fe2d4305dd65f2b4ea4caf62696",
        "72f9fab2530c5bf5cec747ceaaaa98124a5a62577c65d4302d093ff011817626",
    ),
    (4, 1000): (
        "19d54c02314c56c29c690ed10ce87bf32408d42e13cf62e11fc9c176ddb98302",
        "b7a143720e525ab7ff35b7e62c0d487fe7fe3fdc98d8c8c10d181e745bf36ca6",
    ),
    (0, 10_000): (
        "7f7ca1378602d2c4a170041f5b9baebad4ecd290322114739b46920b553060eb",
        "7ec9b304338db6300c3b495f946066291fcbbca8a6f6f17433ae5fa8a16a1582",
    ),
}


@pytest.fixture(scope="module")
def world():
    return checked(SIZE, 0)


def test_guarantees_of_a_small_world(world):
    check_all(world, SPLITS)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1000, 10_000])
@pytest.mark.parametrize("seed", range(5))
def test_guarantees_hold_for_other_seeds_and_sizes(seed, size):
    check_all(checked(size, seed), SPLITS)
    checked.cache_clear()


@pytest.mark.parametrize(
    ("seed", "size"),
    [
        key if key[1] < 10_000 else pytest.param(*key, marks=pytest.mark.slow)
        for key in FINGERPRINTS
    ],
)
def test_bytes_are_those_of_every_platform_and_python(seed, size):
    world = GeneratedWorld(size, seed)
    corpus = ListCorpus(list(world.passages())).fingerprint
    questions = ListQuestions(list(world.questions("test"))).fingerprint
    assert (corpus, questions) == FINGERPRINTS[seed, size]


def test_bytes_do_not_depend_on_the_process():
    code = (
        "from t2po_gym.envs.searchqa.generate.world import GeneratedWorld as W\n"
        "from t2po_gym.envs.searchqa.data.corpus import ListCorpus\n"
        "from t2po_gym.envs.searchqa.data.questions import ListQuestions\n"
        "import json; w = W(400, 3)\n"
        "print(json.dumps([ListCorpus(list(w.passages())).fingerprint,"
        " *(ListQuestions(list(w.questions(s))).fingerprint for s in ('train', 'test'))]))"
    )
    printed = [printed_elsewhere(code, seed) for seed in ("1", "2")]
    assert printed[0] == printed[1]
    assert len(set(json.loads(printed[0]))) == 3


def test_the_cache_key_covers_every_module_of_the_generator(monkeypatch):
    code = (
        "import sys, t2po_gym.envs.searchqa.generate.world\n"
        "from t2po_gym.envs.searchqa.generate.source_digest import MODULES\n"
        "import t2po_gym.envs.searchqa.generate.names as names\n"
        "own = 't2po_gym.envs.searchqa.'\n"
        "used = {m for m, loaded in sys.modules.items() if m.startswith(own)}\n"
        "used = {m for m in used if not hasattr(sys.modules[m], '__path__')}\n"
        "used |= {names.Permutation.__module__, 't2po_gym.data.draws'}\n"
        "used |= {'t2po_gym.data.word_files'}\n"
        "print(sorted(used ^ {'t2po_gym.' + m for m in MODULES}))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"
    key = GeneratedWorld(400).fingerprint_text
    monkeypatch.setattr(generator_sources, "MODULES", generator_sources.MODULES[1:])
    monkeypatch.setattr(
        generate, "generator_digest", generator_sources.generator_digest.__wrapped__
    )
    assert GeneratedWorld(400).fingerprint_text != key  # other sources, another key


def test_the_cache_key_covers_every_word_file(tmp_path, monkeypatch):
    words = shutil.copytree(Path(generator_sources.__file__).parent / "words", tmp_path / "words")
    real = generator_sources.files
    monkeypatch.setattr(
        generator_sources, "files", lambda name: words if name.endswith(".words") else real(name)
    )
    digest = generator_sources.generator_digest.__wrapped__
    keys = {digest()}
    assert keys == {generator_sources.generator_digest()}
    changed = sorted(words.glob("*.ini"))
    for path in changed:
        path.write_bytes(path.read_bytes() + b"# another line\n")
        keys.add(digest())
    assert len(keys) == len(changed) + 1 >= 13


def test_seeds_and_sizes_make_different_worlds():
    titles = [
        [world.names.title(thing) for thing in list(world.graph.entities())[:50]]
        for world in (GeneratedWorld(400, 0), GeneratedWorld(400, 1), GeneratedWorld(500, 0))
    ]
    assert len({tuple(some) for some in titles}) == 3


@pytest.mark.parametrize("size", [MIN_SIZE, 333, 1000, 54_321, 1_000_000])
def test_kinds_add_up_to_the_size(size):
    sizes = kind_sizes(size)
    assert sum(sizes.values()) == size
    assert min(sizes.values()) >= 4
    assert sizes["town"] >= sizes["region"] + sizes["country"]


def test_a_passage_can_be_made_alone(world):
    other = GeneratedWorld(SIZE, 0)
    for number in (0, 17, 500, 999):
        assert other.writer.write(other.graph.entity(number)) == world.passages[number]


def test_passages_have_90_to_110_words_and_say_their_name_often(world):
    for passage, name in zip(world.passages, world.names, strict=True):
        assert 90 <= len(passage.text.split()) <= 110
        assert passage.text.count(name) >= 3, passage
        assert passage.text.isascii()
        assert not any(mark in passage.contents for mark in ("{", "}", "<", ">", "  "))


def test_titles_are_unique_and_all_names_are_told_apart(world):
    titles = [passage.title for passage in world.passages]
    assert len({normalize(title) for title in titles}) == len(titles)
    words = {}
    for thing, name in zip(world.things, world.names, strict=True):
        if thing.kind != "work":  # titles of works are made of English words
            for term in analyze(name):
                words.setdefault(term, set()).add(thing.kind)
    assert all(len(kinds) == 1 for kinds in words.values())


def test_every_fact_is_stated_in_the_passage_of_its_subject_and_nowhere_else(world):
    names = world.world.names
    spoken = {}  # name -> thing, for everything that can be named
    for thing in world.things:
        spoken[names.name(thing)] = thing
    for thing, passage in zip(world.things, world.passages, strict=True):
        facts = world.graph.facts(thing)
        for relation, value in facts.items():
            forms = world.world.writer.value_forms(thing, relation, value)
            assert any(form in passage.text for form in forms), (relation, passage)
        objects = {value for value in facts.values() if isinstance(value, Entity)}
        denied = world.world.writer.denied(thing)
        assert denied not in objects | {thing}
        others = {
            other
            for name, other in spoken.items()
            if name in passage.text and other.kind != "work" and says(passage.text, name)
        }
        assert others - objects - {denied, thing} == set(), passage


def test_passages_are_worded_in_many_ways(world):
    """No sentence pattern leads more than a fifth of a kind's passages but where few serve."""
    for kind in ("town", "person", "institution", "work"):
        openings = {
            " ".join(word for word in p.text.split(". ")[0].split() if word.islower())
            for thing, p in zip(world.things, world.passages, strict=True)
            if thing.kind == kind
        }
        assert len(openings) >= 4, openings
    sentences = [s for p in world.passages for s in p.text.split(". ")[1:]]
    assert len(set(sentences)) > len(sentences) // 4


def test_years_are_plausible(world):
    graph = world.graph
    for thing in world.things:
        facts = graph.facts(thing)
        if thing.kind == "person":
            born = facts["birth"] // 512
            if "teacher" in facts:
                assert graph.get(facts["teacher"], "birth") // 512 <= born - 15
            for place in ("school", "employer"):
                if place in facts:
                    assert graph.get(facts[place], "year") < born + 25
        if thing.kind == "work":
            assert facts["year"] >= graph.get(facts["author"], "birth") // 512 + 20
            if "house" in facts:
                assert graph.get(facts["house"], "year") <= facts["year"]
            if graph.form(thing) == "film":
                assert facts["year"] >= 1890
        if thing.kind == "institution" and "parent" in facts:
            assert graph.get(facts["parent"], "year") < facts["year"]
    for number in range(graph.sizes["country"]):
        country = Entity("country", number)
        region = graph.get(graph.get(country, "capital"), "region")
        assert graph.get(region, "country") == country


def test_forms_fit_what_they_do(world):
    for number in range(world.graph.sizes["work"]):
        work = Entity("work", number)
        house = world.graph.get(work, "house")
        if house is not None:
            form = world.graph.form(house)
            wanted = {"novel": "press", "film": "studio", "painting": "museum"}
            assert form == wanted.get(world.graph.form(work), "theatre")


def test_levels_have_the_announced_sizes_and_take_turns(world):
    for split in SPLITS:
        hops = [one.question.hops for one in world.drawn(split)]
        assert hops[:8] == [*LEVELS, *LEVELS]
        assert [hops.count(level) for level in LEVELS] == [level_sizes(SIZE)[split]] * 4
    assert level_sizes(10_000)["train"] * 3 >= 8000
    assert level_sizes(10**6)["train"] == 24_000


def test_splits_do_not_share_starts(world):
    starts = {
        split: {path[0] for one in world.drawn(split) for path in paths(one, world)}
        for split in ("train", "dev", "test", "test-entities")
    }
    for split, own in starts.items():
        for other, others in starts.items():
            assert split == other or not own & others
    texts = [one.question.text for split in SPLITS for one in world.drawn(split)]
    assert len(set(texts)) == len(texts)


def test_held_out_things_and_wordings_are_new(world):
    def things(split):
        found = set()
        for one in world.drawn(split):
            found |= {thing for path in paths(one, world) for thing in path}
            found |= {thing for thing in world.answers(one.query) if isinstance(thing, Entity)}
        return found

    assert not things("train") & things("test-entities")

    def wordings(split):
        """Questions without names and numbers."""
        return {
            " ".join(word for word in one.question.text.split() if word.islower())
            for one in world.drawn(split)
            if one.question.hops == 1
        }

    assert len(wordings("train") & wordings("test-wording")) <= len(wordings("test-wording")) // 10


def test_all_shapes_of_questions_occur(world):
    shapes = {type(one.query).__name__ for one in world.drawn("train")}
    assert shapes == {"PathQuery", "MeetQuery", "AgeQuery"}
    golds = {one.question.answers[0] for one in world.drawn("train")}
    assert {"yes", "no"} <= golds
    kinds = {paths(one, world)[0][0].kind for one in world.drawn("train")}
    assert kinds == set(KINDS) == set(FORMS)


@pytest.mark.parametrize(("size", "seed"), [(10, 0), (10**7, 0), (1000, -1)])
def test_impossible_worlds_are_refused(size, seed):
    with pytest.raises(ValueError, match="generated world"):
        GeneratedWorld(size, seed)
