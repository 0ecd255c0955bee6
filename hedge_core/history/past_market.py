"""The market as it was at the end of a past day, with today's list of contracts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time
from types import MappingProxyType

from hedge_core.market.contracts import Catalogue
from hedge_core.market.snapshot import FundingHistory, MarketSnapshot, PriceHistory


@dataclass(frozen=True, eq=False)
class PastMarket(MarketSnapshot):
    """A market that knows nothing after its last day. Contracts on coins in `barred` are not listed."""

    barred: frozenset[str] = frozenset()

    def contracts_over(self, shipped: Catalogue) -> Catalogue:
        """`shipped` with the market's own contracts, without those on the coins that are barred."""
        known = super().contracts_over(shipped)
        by_id = {contract.id: contract for contract in known if contract.underlying not in self.barred}
        return Catalogue(MappingProxyType(by_id), known.preferred)


def past_history(market: MarketSnapshot, days: int) -> tuple[PriceHistory, FundingHistory | None]:
    """The first `days` days of the market's closes, and its funding up to the last of them."""
    history, funding = market.history, market.funding
    past = PriceHistory(history.days[:days], history.coins, history.values[:days])
    if funding is None:
        return past, None
    known = funding.days <= past.days[-1]
    return past, FundingHistory(funding.days[known], funding.coins, funding.values[known])


def market_on(
    market: MarketSnapshot, history: PriceHistory, funding: FundingHistory | None, barred: Collection[str] = ()
) -> PastMarket:
    """The market at the end of the last day of `history`, priced at its closes."""
    return PastMarket(
        source=market.source,
        as_of=datetime.combine(history.days[-1].item(), time(), tzinfo=UTC),
        simulated=market.simulated,
        history=history,
        funding=funding,
        contracts=market.contracts,
        barred=frozenset(barred),
    )
