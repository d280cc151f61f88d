"""Nouns come from spaCy where it is installed; otherwise one sentence says what to do."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from t2po_gym.envs.webshop.data import nouns


@pytest.fixture(autouse=True)
def _forget_the_model():
    nouns._model.cache_clear()
    yield
    nouns._model.cache_clear()


def fake_spacy(tags: dict[str, str]) -> ModuleType:
    module = ModuleType("spacy")

    def load(name: str):
        assert name == "en_core_web_sm"
        return lambda text: [
            SimpleNamespace(text=word, pos_=tags.get(word, "ADJ")) for word in text.split()
        ]

    module.load = load
    return module


def test_nouns_and_names_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {"Lamp": "NOUN", "Acme": "PROPN", "runs": "VERB"}
    monkeypatch.setitem(sys.modules, "spacy", fake_spacy(tags))
    assert nouns.spacy_nouns("Acme blue Lamp runs Lamp") == ("acme", "lamp", "lamp")


def test_without_spacy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(LookupError, match="not installed; give a noun file"):
        nouns.spacy_nouns("Lamp")


def test_without_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    module = fake_spacy({})

    def load(name: str):
        raise OSError("no model")

    module.load = load
    monkeypatch.setitem(sys.modules, "spacy", module)
    with pytest.raises(LookupError, match="en_core_web_sm is not installed"):
        nouns.spacy_nouns("Lamp")
