"""Pages run without a browser, one after another in a process whose packages stay as they are."""

from __future__ import annotations

from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner


@pytest.fixture(autouse=True, scope="session")
def packages_are_looked_through_once() -> None:
    """Streamlit reads the metadata of every installed package before each run, a tenth of a second."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
