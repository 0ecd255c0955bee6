"""Live market data from exchanges: fetched, validated, cached and combined into one snapshot.

The packages that this takes are an extra: `check_packages` says so where one is missing.
"""

from __future__ import annotations

from hedge_core.errors import check_installed

PACKAGES = ("ccxt", "dogpile", "requests")


def check_packages() -> None:
    """Raise MissingPackage unless the packages for live prices are installed; nothing is imported."""
    for package in PACKAGES:
        check_installed("Reading prices from an exchange", package, "live")
