"""No value that one exchange states wrongly changes a count without a message that names it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange.faults import KINDS
from tests.exchange.server import LoopbackExchange
from tests.exchange.wrong_siblings import SIBLINGS
from tests.exchange.wrong_values import WRONG_VALUES, Healthy, Outcome, WrongValue, is_the_same, names_it, play
from tests.support.scale import SCALE


@pytest.fixture(scope="module")
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange() as running:
        yield running


@pytest.fixture(scope="module")
def healthy(exchange: LoopbackExchange, tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    return Healthy.of(exchange, tmp_path_factory.mktemp("healthy"))


EVERY = (*WRONG_VALUES, *(sibling for siblings in SIBLINGS.values() for sibling in siblings))
USED_WITH_A_NOTE = tuple(fault for fault in EVERY if fault.name == "history of ETH: with errors of 5%")

PLAYED = EVERY if SCALE > 1 else (*WRONG_VALUES[::32], *USED_WITH_A_NOTE)
"""Each takes seconds, so the suite plays some of each kind, and `make long` all of them with their siblings."""


@pytest.mark.long
@pytest.mark.parametrize("fault", PLAYED, ids=lambda fault: fault.name)
def test_a_wrong_value_changes_no_count_without_a_word_and_heals(
    exchange: LoopbackExchange, healthy: Healthy, fault: WrongValue
) -> None:
    played = play(exchange, fault, healthy)

    def is_well(outcome: Outcome) -> bool:
        told = tuple(text for text in outcome.messages if text not in played.healthy.messages)
        return is_the_same(outcome, played.healthy) or names_it(told, fault.names)

    assert played.healthy.lots
    assert is_well(played.cold), played.cold
    assert is_well(played.warm), played.warm
    assert is_the_same(played.cold_healed, played.healthy), played.cold_healed
    assert is_the_same(played.warm_healed, played.healthy), played.warm_healed


def test_every_kind_of_data_has_thirty_siblings_with_names_of_their_own() -> None:
    names = [fault.name for fault in EVERY]

    assert len(USED_WITH_A_NOTE) == 1
    assert {kind: len(found) >= 30 for kind, found in SIBLINGS.items()} == dict.fromkeys(KINDS, True)
    assert all(fault.kinds == (kind,) for kind, found in SIBLINGS.items() for fault in found)
    assert len(names) == len(set(names))


def test_the_table_in_the_documentation_has_every_wrong_value_and_no_other() -> None:
    written = (Path(__file__).parents[3] / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = written.partition("|---|---|---|---|---|\n")[2].splitlines()

    assert [row.removeprefix("| ").partition(" | ")[0] for row in rows] == [fault.name for fault in WRONG_VALUES]
