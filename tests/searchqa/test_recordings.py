"""The recordings that tests of Search QA are parametrised over are read, and not empty."""

import pytest
from searchqa_envs import golden, recorded


@pytest.mark.parametrize("file", ["action_parsing.json", "answer_metrics.json"])
def test_there_are_recorded_cases(file):
    assert golden(file)["cases"] == recorded(file, "cases") != []
