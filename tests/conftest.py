"""Without torch the tests of the algorithms are left out, and the report says so."""

from importlib.util import find_spec

WITHOUT_TORCH = find_spec("torch") is None
collect_ignore = ["baselines"] if WITHOUT_TORCH else []


def pytest_report_header() -> str:
    return "torch is not installed: tests/baselines left out (extra train)" if WITHOUT_TORCH else ""
