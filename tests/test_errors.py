"""Errors carry their values and name the way out.

By hand: a fault in row 3, field quantity, reads "row 3, field 'quantity': ..."; one without a place is its
message alone.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module

import pytest

from hedge_core import errors
from hedge_core.errors import (
    Fault,
    HedgeError,
    InsufficientHistory,
    InvalidPlan,
    MissingPrice,
    RefusedPrice,
    UnknownContract,
)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("is empty"), "is empty"),
        (Fault("is empty", row=3), "row 3: is empty"),
        (Fault("is empty", field="coin"), "field 'coin': is empty"),
        (Fault("is empty", row=3, field="coin"), "row 3, field 'coin': is empty"),
    ],
)
def test_a_fault_reads_as_its_place_and_its_message(fault, text):
    assert str(fault) == text


def test_every_fault_stands_in_the_text_of_its_error():
    error = InvalidPlan("Two faults:", [Fault("one", row=1), Fault("two", field="name")])

    assert str(error) == "Two faults:\n  - row 1: one\n  - field 'name': two"
    assert len(error.faults) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MissingPrice("NOVA", "my file"), ["NOVA", "my file", "your own price"]),
        (InsufficientHistory("NOVA", "ETH", needed=30, found=12), ["NOVA", "ETH", "30", "12", "by hand"]),
        (UnknownContract("CME:XYZ", ["CME:MET"]), ["CME:XYZ", "CME:MET"]),
    ],
)
def test_an_error_names_what_is_missing_and_the_way_out(error, words):
    assert all(word in str(error) for word in words)


def test_prices_refused_for_the_same_reason_are_named_together():
    old = "from Kraken at 09:00 UTC, too old to size a hedge with"
    refused = {
        "SOL": RefusedPrice("148 USD", old),
        "HYPE": RefusedPrice("38 USD", "from Gate, far from all others"),
        "LINK": RefusedPrice("16.4 USD", old),
    }

    error = MissingPrice(("SOL", "HYPE", "LINK", "NOVA"), "kraken", refused=refused)

    assert str(error) == (
        "No price for NOVA in the market source 'kraken'. Prices that cannot be used: SOL was 148 USD and LINK 16.4 "
        "USD from Kraken at 09:00 UTC, too old to size a hedge with; HYPE was 38 USD from Gate, far from all others. "
        "Refresh the prices, enter your own price for them, or upload a price history that includes them."
    )


def test_one_base_covers_every_error_and_its_docstring_draws_them_all():
    import_module("hedge_core.market.live.cache")  # the errors of exchanges are defined there

    own = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, Exception)]

    assert all(issubclass(error, HedgeError) for error in own)
    assert tree_of(HedgeError) == re.findall(r"^([\s│├└─]*)(\w+)", drawing(), re.MULTILINE)


def drawing() -> str:
    """The tree in the docstring, from its root on."""
    return inspect.getdoc(HedgeError).partition("\n\n")[2]


def tree_of(error: type[HedgeError], indent: str = "", branch: str = "") -> list[tuple[str, str]]:
    """The error and those derived from it in hedge_core, each with the lines in front of its name.

    An error with a private name is caught in the module that defines it.
    """
    derived = [
        one
        for one in error.__subclasses__()
        if one.__module__.startswith("hedge_core.") and not one.__name__.startswith("_")
    ]
    drawn = [(indent + branch, error.__name__)]
    below = indent + {"": "", "├── ": "│   ", "└── ": "    "}[branch]
    for one in derived:
        drawn += tree_of(one, below, "└── " if one is derived[-1] else "├── ")
    return drawn
