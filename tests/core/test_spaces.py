from __future__ import annotations

import multiprocessing
from copy import deepcopy

import numpy as np
import pytest
from count_env import CountEnv
from gymnasium.vector import SyncVectorEnv, utils

from t2po_gym import TextSpace
from t2po_gym.core.spaces import SharedTexts, TextBatchSpace

ODD_TEXTS = ["", "plain", "café 한국어", "\ud800", "\ud83d\ude00", "😀", "a\x00b\x00", "x" * 50]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_every_string_within_the_bound_is_a_member(text: str) -> None:
    space = TextSpace(50)
    assert text in space
    assert text + "x" * 51 not in space


@pytest.mark.parametrize("thing", [b"bytes", None, 3, ["a"], np.zeros(2)])
def test_other_things_are_not_members(thing: object) -> None:
    assert thing not in TextSpace(50)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, "7"])
def test_a_wrong_bound_is_named(bad: object) -> None:
    with pytest.raises(ValueError, match="max_length"):
        TextSpace(bad)  # type: ignore[arg-type]


def test_samples_are_members_and_seeded() -> None:
    one, two = TextSpace(10, seed=4), TextSpace(10, seed=4)
    texts = [one.sample() for _ in range(50)]
    assert texts == [two.sample() for _ in range(50)]
    assert all(text in one and text.isprintable() for text in texts)
    assert len(set(texts)) > 10
    with pytest.raises(ValueError, match="mask"):
        one.sample(mask=np.ones(3, dtype=np.int8))


def test_equality_is_by_bound() -> None:
    assert TextSpace(5) == TextSpace(5) != TextSpace(6)
    assert hash(TextSpace(5)) == hash(TextSpace(5))
    assert utils.batch_space(TextSpace(5), 2) == utils.batch_space(TextSpace(5), 2)
    assert utils.batch_space(TextSpace(5), 2) != utils.batch_space(TextSpace(5), 3)


def test_batch_space() -> None:
    space = TextSpace(5, seed=1)
    before = space.np_random.bit_generator.state
    batch = utils.batch_space(space, 3)
    assert space.np_random.bit_generator.state == before, "batching must not draw from the space"
    assert isinstance(batch, TextBatchSpace)
    assert ("a", "é", "") in batch
    assert ["a", "é", ""] in batch
    assert ("a", "b") not in batch
    assert ("a", "b", "toolong") not in batch
    assert "abc" not in batch, "a string is not a batch of its letters"
    batch.seed(3)
    first = batch.sample()
    batch.seed(3)
    assert batch.sample() == first
    assert first in batch
    assert len(set(first)) > 1, "each slot draws a text of its own"


def test_batches_of_differing_spaces_need_one_bound() -> None:
    alike = utils.batch_differing_spaces([TextSpace(5), TextSpace(5)])
    assert alike == utils.batch_space(TextSpace(5), 2)
    with pytest.raises(ValueError, match="one length bound"):
        utils.batch_differing_spaces([TextSpace(5), TextSpace(6)])
    envs = SyncVectorEnv([CountEnv] * 2, observation_mode="different")
    assert envs.reset(seed=0)[0] in envs.observation_space


def test_iterate_concatenate_and_empty() -> None:
    space = TextSpace(5)
    batch = utils.batch_space(space, 2)
    assert list(utils.iterate(batch, ("ab", "cd"))) == ["ab", "cd"]
    with pytest.raises(TypeError, match="one string"):
        utils.iterate(batch, "ab")
    assert utils.create_empty_array(space, n=2) == ("", "")
    assert utils.concatenate(space, iter(["x", "é"]), utils.create_empty_array(space, n=2)) == (
        "x",
        "é",
    )


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_shared_memory_keeps_every_text(context: str) -> None:
    space = TextSpace(50)
    ctx = multiprocessing.get_context(context)
    memory = utils.create_shared_memory(space, n=len(ODD_TEXTS), ctx=ctx)
    view = utils.read_from_shared_memory(space, memory, n=len(ODD_TEXTS))
    assert isinstance(view, SharedTexts)
    assert view == ("",) * len(ODD_TEXTS)
    for index, text in enumerate(ODD_TEXTS):
        utils.write_to_shared_memory(space, index, text, memory)
    assert list(view) == ODD_TEXTS
    assert view[1:3] == tuple(ODD_TEXTS[1:3])
    assert view[-1] == ODD_TEXTS[-1]
    with pytest.raises(IndexError):
        view[len(ODD_TEXTS)]


def test_shared_view_is_live_and_its_copy_is_not() -> None:
    """Gymnasium reads its buffer once and deep-copies the result after every step."""
    space = TextSpace(20)
    memory = utils.create_shared_memory(space, n=1)
    view = utils.read_from_shared_memory(space, memory, n=1)
    utils.write_to_shared_memory(space, 0, "a longer text", memory)
    copy = deepcopy(view)
    utils.write_to_shared_memory(space, 0, "short", memory)
    assert copy == ("a longer text",)
    assert type(copy) is tuple
    assert view == ("short",)


def test_text_too_long_for_the_buffer_is_refused() -> None:
    space = TextSpace(3)
    with pytest.raises(ValueError, match="does not fit"):
        utils.write_to_shared_memory(space, 0, "four", utils.create_shared_memory(space, n=1))
