"""The list of deliberate errors fits the sources: `make test-mutations` tries them."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))
from errors import ERRORS  # noqa: E402 - the list lies beside this file

sys.path.pop(0)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.rule)
def test_the_place_of_the_error_is_there_and_so_is_its_test(error):
    text = (ROOT / "baselines" / error.file).read_text(encoding="utf-8")
    assert text.count(error.old) == 1, "bring tests/mutations/errors.py up to date"
    assert error.new != error.old
    file, _, name = error.test.partition("::")
    function = re.escape(name.partition("[")[0])
    assert re.search(rf"^def {function}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_there_are_as_many_as_promised():
    assert len(ERRORS) >= 60
    assert len({error.rule for error in ERRORS}) == len(ERRORS)
