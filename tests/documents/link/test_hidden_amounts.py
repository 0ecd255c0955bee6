"""What a link with hidden amounts says of the user's own contracts: nothing of their sizes and names."""

from __future__ import annotations

import pytest

from hedge_core import HedgePlan, Holding, SampleSource, assess
from hedge_core.documents.link.link import encode, hide_amounts
from hedge_core.market.contracts import CustomContract


def plan(**size: float) -> HedgePlan:
    own = CustomContract(code=f"MINE {size}"[:20].translate({ord(c): "-" for c in "{}':"}), underlying="ETH", **size)
    return HedgePlan(holdings=(Holding(coin="ETH", quantity=50.0), Holding(coin="SOL", quantity=300.0))).with_overrides(
        contracts=(own,), contract_choice={"ETH": own.contract().id}
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [({"usd": 100.0}, {"usd": 77_345.67}), ({"usd": 0.5}, {"usd": 1e6}), ({"coins": 0.1}, {"coins": 23.456})],
)
def test_the_size_of_a_contract_of_ones_own_does_not_change_the_link(one, other):
    market = SampleSource().snapshot()

    links = [encode(hide_amounts(assess(plan(**size), market))) for size in (one, other)]

    assert links[0] == links[1]


@pytest.mark.parametrize("size", [{"usd": 77_345.67}, {"coins": 23.456}, {"usd": 1e-9}])
def test_no_size_that_the_user_chose_is_in_the_link(size):
    market = SampleSource().snapshot()
    (chosen,) = size.values()

    shared = hide_amounts(assess(plan(**size), market))

    assert shared.pin is not None
    mine = [contract for contract in shared.pin.contracts if contract.id.startswith("My contracts")]
    assert [contract.id for contract in mine] == ["My contracts:ETH"]
    assert str(chosen) not in str(shared)
