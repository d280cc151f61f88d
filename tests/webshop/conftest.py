"""Compiled catalogues of the WebShop tests go to a folder of this test run."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _catalogue_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        if "T2PO_GYM_CACHE" not in os.environ:
            patch.setenv("T2PO_GYM_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
