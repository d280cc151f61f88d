"""Thoughts of the scripted shopper: short, honest, of varying length.

Every sentence is about the instruction or about what the page shows.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from t2po_gym.envs.webshop.data.goals import NO_CAP, Goal, price_cap_text
from t2po_gym.envs.webshop.world.session import Session

OPENING = "Find me "
"""Start of synthetic requests, both generated and original."""

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def spoken_wishes(goal: Goal) -> tuple[str, str]:
    """Return the instruction without price cap and opening, both without and with its options."""
    text = goal.instruction_text.removesuffix(price_cap_text(goal.price_upper))
    text = text.removeprefix(OPENING)
    if not isinstance(goal.goal_options, Mapping):
        return text, text
    named = ", and ".join(f"{name}: {value}" for name, value in goal.goal_options.items())
    return text.removesuffix(f" with {named}"), text


class ThinkingAloud:
    """Words for each kind of step.

    Args:
        session: The shopper's session.
        rng: Chooses the wording and how much is said.
        reasons: Maximum number of reasons before a decision.
    """

    def __init__(self, session: Session, rng: random.Random, reasons: int = 2) -> None:
        self._session = session
        self._rng = rng
        self._reasons = reasons

    @property
    def _goal(self) -> Goal:
        return self._session.goal

    def search(self, whole: bool) -> str:
        """Before a search for everything requested, or for less."""
        careful = ("I search for every wish.", "I name all of it.")
        rough = ("A short search will do.", "I start with a rough search.")
        return self._say(
            self._pick(*(careful if whole else rough)),
            f"I need {self._wish()}.",
        )

    def search_again(self) -> str:
        """Before leaving results that do not help."""
        return self._say(
            self._pick("I will search again.", "I go back and search better."),
            "Nothing here fits.",
        )

    def open_product(self, place: int, title: str) -> str:
        """Before opening a product from the results, the ``place``-th on the page from 0."""
        name = f"the {ORDINALS[place]} one" if place < len(ORDINALS) else title
        return self._say(
            self._pick(f"{name[0].upper()}{name[1:]} looks right.", f"I open {name}."),
            f"I am looking for {self._wish()}.",
        )

    def next_page(self) -> str:
        """Before turning to the next results page."""
        return self._say(
            self._pick("I look at the next page.", "More results may be better."),
            "None of these fits well.",
        )

    def previous_page(self) -> str:
        """Before turning back."""
        return self._say(
            self._pick("I go one page back.", "The page before was better."),
            "This page does not have it.",
        )

    def wrong_product(self) -> str:
        """Before leaving a product that does not fit."""
        return self._say(
            self._pick("This is not what I need.", "This one does not fit."),
            f"I want {self._wish()}.",
        )

    def leave_sub_page(self) -> str:
        """Before going back to the product."""
        return self._pick("I have read it. Back to the item.", "Back to the item.")

    def choose(self, group: str, value: str) -> str:
        """Before choosing a wanted option."""
        before = self._session.options.get(group)
        return self._say(
            self._pick(f"Now {group}: {value}.", f"I choose {group}: {value}."),
            "" if before is None else f"Not {before}.",
        )

    def try_option(self, value: str) -> str:
        """Before trying an option that is not needed."""
        return self._pick(f"I try {value}.", f"Let me see {value}.")

    def read(self, page: str) -> str:
        """Before reading a sub page."""
        return self._pick(f"I read the {page} first.", f"Let me check the {page}.")

    def look_around(self, action: str) -> str:
        """Before a click out of curiosity."""
        return self._pick("I look around a little.", "Let me see what this is.")

    def buy(self, options: Mapping[str, str]) -> str:
        """Before buying."""
        chosen = ", ".join(options.values())
        return self._say(
            self._pick("I buy it.", "All is set, I buy."),
            f"{chosen} chosen." if chosen else "No option is needed.",
            self._price(),
        )

    def _wish(self) -> str:
        """Return what is wanted, in the words of the request if they are few."""
        if not self._goal.instruction_text.startswith(OPENING):
            return self._goal.query
        return spoken_wishes(self._goal)[0]

    def _price(self) -> str:
        cap = self._goal.price_upper
        return "" if cap == NO_CAP else f"The limit is {cap:.2f} dollars."

    def _pick(self, *wordings: str) -> str:
        return self._rng.choice(wordings)

    def _say(self, last: str, *before: str) -> str:
        """Put some of the reasons in front of the decision."""
        reasons = [reason for reason in before if reason]
        count = self._rng.randint(0, min(self._reasons, len(reasons)))
        kept = sorted(self._rng.sample(range(len(reasons)), count))
        return " ".join([*(reasons[i] for i in kept), last])
