"""Pages run without a browser, one after another in a process whose packages stay as they are."""

from __future__ import annotations

from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

from pages.ui.scenarios import path_inputs


@pytest.fixture(autouse=True, scope="session")
def packages_are_looked_through_once() -> None:
    """Streamlit reads the metadata of every installed package before each run, a tenth of a second."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def a_tenth_of_the_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page shows does not depend on how many paths there are; how long it takes does."""
    monkeypatch.setattr(path_inputs, "USUAL_PATHS", path_inputs.PATHS[0])
