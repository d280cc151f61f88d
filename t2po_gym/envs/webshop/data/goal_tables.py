"""Goals of the repaired shop as tables: disjoint splits, difficulty, and tasks without lists.

The goals of every catalogue are numbered as follows:

1. Every winnable product with an instruction is hashed: ``sha256(salt/ASIN)``. The first tenth of
   the products in hash order is ``test``, the next tenth ``dev``, the rest ``train``. A product,
   with all its goals, is in one split only.
2. Inside a split, products are ordered by difficulty class and then by hash, so that each class is
   one stretch of the table.
3. A product has one goal per combination of its option values, in the order of the original: group
   names sorted, last name fastest (:func:`~t2po_gym.envs.webshop.data.goals.combination_options`).
   ``goals/cumulative`` has the running sums of these counts: binary search finds a goal number.
4. Task ``i`` of a stretch is its goal ``permutation(i)``, so that the first n tasks are a fair
   sample and every goal is used once.

The difficulty figure of a goal is (number of wanted attributes) + (number of option groups) + (bits
of rivals). Rivals are the other products of the same search phrase that have the rarest wanted
attribute, and ``n`` rivals count as ``floor(log2(n + 1))`` bits. ``easy``, ``medium`` and ``hard``
are the thirds of a catalogue by this figure, as closely as equal figures allow.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.data.permutation import Permutation

SPLITS = ("train", "dev", "test")
"""Names of the splits."""

DIFFICULTIES = ("easy", "medium", "hard")
"""Names of the difficulty classes; ``all`` means their union."""

PANELS: dict[str, tuple[str, int]] = {"test-500": ("test", 500), "dev-1000": ("dev", 1000)}
"""Fixed panels: name -> split and number of tasks (fewer if the split is smaller)."""

SALT = "t2po-gym/webshop/split/1"
"""Changing it reassigns the products to splits; the digit is the version of the splits."""

PREFIX = "goals/"
"""Start of the names of the arrays in a compiled catalogue."""

_NO_POSITION = np.iinfo(np.uint32).max
_HELD_OUT = 10  # one in ten products for test, and again for dev


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalRef:
    """The goal of a task.

    Example:
        Goal ``number`` 7 of the catalogue wants option combination 2 of product 31.

        >>> GoalRef(number=7, product=31, combination=2).product
        31
    """

    number: int
    """Number of the goal in the whole catalogue; it never changes."""

    product: int
    """Index of the product it was made from."""

    combination: int
    """Number of the option combination, for ``combination_options`` and ``synthetic_goal``."""


def split_key(asin: str) -> bytes:
    """Return the bytes by which products are assigned to splits."""
    return hashlib.sha256(f"{SALT}/{asin}".encode("utf-8", "surrogatepass")).digest()[:16]


def difficulty_figure(num_attributes: int, num_groups: int, num_rivals: int) -> int:
    """Return the difficulty of a goal; see the top of this module."""
    return num_attributes + num_groups + (num_rivals + 1).bit_length() - 1


def split_sizes(num_products: int) -> tuple[int, int, int]:
    """Return the numbers of products in train, dev and test; with three or more, each has one.

    Example:
        >>> split_sizes(100), split_sizes(2)
        ((80, 10, 10), (1, 0, 1))
    """
    test = max(num_products // _HELD_OUT, int(num_products >= 2))
    dev = max(num_products // _HELD_OUT, int(num_products >= 3))
    return num_products - dev - test, dev, test


def difficulty_cuts(figures: NDArray[Any]) -> tuple[int, int]:
    """Return the highest figures of ``easy`` and ``medium``.

    They are the cuts whose shares of products are closest to one and two thirds.
    """
    values, counts = np.unique(figures, return_counts=True)
    sums = np.cumsum(counts)
    easy, medium = (int(values[np.argmin(np.abs(3 * sums - share * sums[-1]))]) for share in (1, 2))
    return easy, medium


def build_goal_arrays(
    *,
    num_products: int,
    products: Sequence[int] | NDArray[Any],
    keys: bytes,
    counts: Sequence[int] | NDArray[Any],
    figures: Sequence[int] | NDArray[Any],
) -> dict[str, NDArray[Any]]:
    """Build the goal tables of a catalogue.

    Args:
        num_products: number of products in the catalogue.
        products: indexes of the products that goals are made from, ``[P]``.
        keys: their concatenated :func:`split_key` bytes, ``16 * P`` bytes.
        counts: their numbers of option combinations, ``[P]``.
        figures: their difficulty figures, ``[P]``.

    Returns:
        Arrays by name (without prefix): ``products`` and ``difficulty`` in table order ``[P]``,
        ``cumulative`` ``[P + 1]``, ``bounds`` ``[3, 4]`` (per split, where easy, medium and hard
        begin in the table and where the split ends), ``cuts`` ``[2]``, ``position`` ``[N]`` (place
        of a catalogue product in the table, or 2**32 - 1).
    """
    index = np.asarray(products, dtype=np.uint32)
    figure = np.asarray(figures, dtype=np.uint16)
    key = np.frombuffer(keys, dtype=">u8").reshape(-1, 2)
    if not len(index) == len(counts) == len(figure) == len(key):
        raise ValueError("products, keys, counts and figures must be of one length")
    split = np.empty(len(index), dtype=np.uint8)
    train, dev, test = split_sizes(len(index))
    dealt = np.lexsort((key[:, 1], key[:, 0]))
    split[dealt] = np.repeat([2, 1, 0], [test, dev, train])
    cuts = difficulty_cuts(figure) if len(index) else (0, 0)
    grade = (figure > cuts[0]).astype(np.uint8) + (figure > cuts[1])
    order = np.lexsort((key[:, 1], key[:, 0], grade, split))
    cell = (split.astype(np.int64) * 3 + grade)[order]
    bounds = np.searchsorted(cell, [[3 * s + g for g in range(4)] for s in range(3)])
    cumulative = np.zeros(len(index) + 1, dtype=np.uint64)
    np.cumsum(np.asarray(counts, dtype=np.uint64)[order], out=cumulative[1:])
    position = np.full(num_products, _NO_POSITION, dtype=np.uint32)
    position[index[order]] = np.arange(len(index), dtype=np.uint32)
    return {
        "products": index[order],
        "cumulative": cumulative,
        "difficulty": figure[order],
        "bounds": bounds.astype(np.uint32),
        "cuts": np.array(cuts, dtype=np.uint16),
        "position": position,
    }


class GoalTasks:
    """The tasks of one split and difficulty: only a numbering of goals.

    Args:
        tables: The catalogue's tables.
        stretches: First and one-past-last position in the table of each stretch.
        key: Text that determines the order of tasks.
    """

    __slots__ = ("_permutation", "_stretches", "_tables", "num_products", "num_tasks")

    def __init__(
        self, tables: "GoalTables", stretches: Sequence[tuple[int, int]], key: str
    ) -> None:
        self._tables = tables
        self._stretches = [
            (tables.goals_before(start), tables.goals_before(stop)) for start, stop in stretches
        ]
        self.num_products = sum(stop - start for start, stop in stretches)
        self.num_tasks = sum(last - first for first, last in self._stretches)
        self._permutation = Permutation(self.num_tasks, key) if self.num_tasks else None

    def __len__(self) -> int:
        """Return the number of tasks."""
        return self.num_tasks

    def goal(self, task: int) -> GoalRef:
        """Return the goal of a task.

        Raises:
            IndexError: If there is no such task.
        """
        if self._permutation is None or not 0 <= task < self.num_tasks:
            raise IndexError(f"there is no task {task}; there are {self.num_tasks}, from 0")
        inside = self._permutation(task)
        for first, last in self._stretches:
            if inside < last - first:
                return self._tables.goal(first + inside)
            inside -= last - first
        raise AssertionError("the stretches hold all tasks")

    def task(self, number: int) -> int | None:
        """Return the task of goal ``number`` of the catalogue; None if it is not in this list."""
        before = 0
        for first, last in self._stretches:
            if self._permutation is not None and first <= number < last:
                return self._permutation.inverse(before + number - first)
            before += last - first
        return None


class GoalTables:
    """All goals of a catalogue.

    Args:
        arrays: the arrays of :func:`build_goal_arrays` under ``prefix``, such as a mapped file.
        prefix: start of their names.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], prefix: str = PREFIX) -> None:
        self._products = arrays[f"{prefix}products"]
        self._cumulative = arrays[f"{prefix}cumulative"]
        self._num_goals = int(self._cumulative[-1])
        self._difficulty = arrays[f"{prefix}difficulty"]
        self._bounds = arrays[f"{prefix}bounds"]
        self._position = arrays[f"{prefix}position"]
        self._class_ends: list[int] = self._bounds[:, 1:].ravel().tolist()  # split by split
        cuts = arrays[f"{prefix}cuts"]
        self.cuts: tuple[int, int] = (int(cuts[0]), int(cuts[1]))

    @property
    def num_products(self) -> int:
        """Number of products that goals are made from."""
        return len(self._products)

    @property
    def num_goals(self) -> int:
        """Number of goals."""
        return self._num_goals

    def goals_before(self, position: int) -> int:
        """Return the number of goals of the products before a position of the table."""
        return int(self._cumulative[position])

    def goal(self, number: int) -> GoalRef:
        """Return goal ``number`` of the catalogue.

        Raises:
            IndexError: If there is no such goal.
        """
        if not 0 <= number < self.num_goals:
            raise IndexError(f"there is no goal {number}; there are {self.num_goals}, from 0")
        position = int(self._cumulative.searchsorted(np.uint64(number), "right")) - 1
        return GoalRef(
            number=number,
            product=self._products.item(position),
            combination=number - self._cumulative.item(position),
        )

    def number(self, product: int, combination: int) -> int | None:
        """Return the number of a product's goal; None if it has no such goal."""
        position = int(self._position[product])
        if position == _NO_POSITION or combination < 0:
            return None
        number = int(self._cumulative[position]) + combination
        return number if number < int(self._cumulative[position + 1]) else None

    def difficulty(self, product: int) -> int | None:
        """Return the difficulty figure of a product's goals; None if it has none."""
        position = int(self._position[product])
        return None if position == _NO_POSITION else int(self._difficulty[position])

    def difficulty_class(self, product: int) -> str:
        """Return the name of a product's difficulty class; empty if it has no goals.

        A split is ordered by class, and its bounds mark the end of each class.
        """
        position = self._position.item(product)
        if position == _NO_POSITION:
            return ""
        return DIFFICULTIES[bisect_right(self._class_ends, position) % len(DIFFICULTIES)]

    def split_of(self, product: int) -> str | None:
        """Return the split of a product's goals; None if it has none."""
        position = int(self._position[product])
        if position == _NO_POSITION:
            return None
        inside = (position >= self._bounds[:, 0]) & (position < self._bounds[:, 3])
        return SPLITS[int(np.argmax(inside))]

    def tasks(self, split: str, difficulty: str = "all") -> GoalTasks:
        """Return the tasks of a split, or of one difficulty class of it.

        Args:
            split: ``train``, ``dev``, ``test`` or ``all``.
            difficulty: ``all``, ``easy``, ``medium`` or ``hard``.

        Raises:
            ValueError: If a name is unknown.
        """
        if split not in SPLITS and split != "all":
            raise ValueError(f"unknown split {split!r}; use one of all, {', '.join(SPLITS)}")
        if difficulty not in DIFFICULTIES and difficulty != "all":
            names = ", ".join(("all", *DIFFICULTIES))
            raise ValueError(f"unknown difficulty {difficulty!r}; use one of {names}")
        rows = self._bounds if split == "all" else self._bounds[[SPLITS.index(split)]]
        low, high = 0, len(DIFFICULTIES)
        if difficulty != "all":
            low = DIFFICULTIES.index(difficulty)
            high = low + 1
        stretches = [(int(row[low]), int(row[high])) for row in rows]
        return GoalTasks(self, stretches, f"{SALT}/tasks/{split}/{difficulty}")

    def panel(self, name: str) -> tuple[str, range]:
        """Return the split of a fixed panel and its task indexes (difficulty ``all``).

        Raises:
            ValueError: If the name is unknown.
        """
        if name not in PANELS:
            raise ValueError(f"unknown panel {name!r}; use one of {', '.join(PANELS)}")
        split, size = PANELS[name]
        return split, range(min(size, self.tasks(split).num_tasks))


def panel_digest(task_ids: Iterable[str]) -> str:
    """Return the sha256 that identifies a panel: that of its task ids, one per line, in order."""
    return hashlib.sha256("".join(f"{task_id}\n" for task_id in task_ids).encode()).hexdigest()
