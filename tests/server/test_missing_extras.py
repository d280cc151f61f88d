"""Without an extra, one sentence names it."""

from __future__ import annotations

import subprocess
import sys

import pytest

CASES = [
    ("starlette", "import t2po_gym.server.play", "pip install 't2po-gym[serve]'"),
    ("uvicorn", "import t2po_gym.server.running", "pip install 't2po-gym[serve]'"),
    ("jinja2", "import t2po_gym.envs.webshop.site.page", "pip install 't2po-gym[site]'"),
    (
        "jinja2",
        "import gymnasium, t2po_gym; gymnasium.make('t2po/WebShop-v0', observation_mode='html')",
        "pip install 't2po-gym[site]'",
    ),
    (
        "uvicorn",
        "from t2po_gym.cli.main import main; raise SystemExit(main(['serve', 'webshop']))",
        "pip install 't2po-gym[serve]'",
    ),
]


@pytest.mark.parametrize(("missing", "code", "sentence"), CASES, ids=[c[1][:40] for c in CASES])
def test_a_missing_extra_is_named(missing: str, code: str, sentence: str) -> None:
    hidden = f"import sys; sys.modules[{missing!r}] = None; {code}"
    run = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True)
    assert run.returncode == 1
    assert sentence in run.stderr.strip().splitlines()[-1]
