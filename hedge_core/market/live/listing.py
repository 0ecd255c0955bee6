"""Converts a venue's own list of futures and perpetuals to contracts.

Multipliers are normalised: a contract on 1000SHIB becomes a contract on SHIB with 1,000 times the size. Fees are taken
from the exchange library only if they match the venue's own. What the library does not normalise, such as codes and
margin tiers, the venue's `Exchange` reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from hedge_core.errors import InvalidInput
from hedge_core.market.coins import coin_of, coin_symbol
from hedge_core.market.contracts import Contract
from hedge_core.market.numbers import number, positive
from hedge_core.market.venues import DOLLARS
from hedge_core.market.venues.exchange import Exchange, contract_size


@dataclass(frozen=True, slots=True)
class Listed:
    """A contract that a venue lists, with its symbol in the exchange library and its quote currency."""

    contract: Contract
    symbol: str
    quote_currency: str
    units: float
    """The number of coins that the quoted price is for: 1,000 for a contract on 1000SHIB."""


def listed_contracts(markets: Iterable[Mapping[str, Any]], exchange: Exchange, on: date) -> list[Listed]:
    """The venue's active perpetuals and dated futures, as listed on the day `on`.

    A contract without a size, with a base that is not a ticker or with an expiry in the past is left out.
    """
    found = []
    for market in markets:
        if not exchange.venue or market.get("active") is False or not (market.get("swap") or market.get("future")):
            continue
        try:
            listed = _listed(market, exchange, on)
        except InvalidInput:
            continue  # the base is not a ticker but, for example, an index
        if listed is not None:
            found.append(listed)
    return found


def _listed(market: Mapping[str, Any], exchange: Exchange, on: date) -> Listed | None:
    precision, limits = _part(market, "precision"), _part(market, "limits")
    size, step = contract_size(market, exchange), positive(precision.get("amount"))
    is_inverse, is_perpetual = bool(market.get("inverse")), bool(market.get("swap"))
    expires_on = None if is_perpetual else _day(number(market.get("expiry")))
    if size is None or (not is_perpetual and (expires_on is None or expires_on < on)):
        return None
    coin, units = coin_of(exchange.base(market))
    units = 1000.0 if coin in exchange.thousands else units
    underlying = coin_symbol(coin)
    fees = {"maker": market.get("maker"), "taker": market.get("taker")} if exchange.has_right_fees else {}
    contract = Contract(
        venue=exchange.venue,
        code=exchange.code(market),
        underlying=underlying,
        kind="perpetual" if is_perpetual else "future",
        style="inverse" if is_inverse else "linear",
        contract_size=size if is_inverse else size * units,
        size_in_usd=is_inverse,
        amount_step=step or 1.0,
        minimum_amount=positive(_part(limits, "amount").get("min")) or 0.0,
        minimum_notional=positive(_part(limits, "cost").get("min")) or 0.0,
        quote=str(market.get("quote") or "USD"),
        quote_per_coins=int(units),
        tick=positive(precision.get("price")),
        expiry="none" if is_perpetual else "dated",
        expiry_rule="none" if is_perpetual else "one listing",
        expires_on=expires_on,
        funding_interval_hours=exchange.funding_hours if is_perpetual else None,
        maker_fee_rate=_fee(fees.get("maker")),
        taker_fee_rate=_fee(fees.get("taker")),
        fee_note="standard rate according to the exchange library" if fees else "not published",
        source=f"{exchange.label}'s own list",
        verified_on=on.isoformat(),
        tick_as_of=on.isoformat() if positive(precision.get("price")) else "",
        confidence="as listed",
        conflict=_conflict(market, exchange),
    )
    contract = contract.with_margin_tiers(exchange.tiers(market))
    return Listed(contract, str(market["symbol"]), str(market.get("quote") or "USD"), units)


def _conflict(market: Mapping[str, Any], exchange: Exchange) -> str:
    """Why the contract cannot be sized by what the list states of it; '' if it can."""
    quote, settle = str(market.get("quote") or "USD"), str(market.get("settle") or "USD")
    # One contract is a step of an inverse one; of others it may be a whole coin.
    if not market.get("inverse") and not positive(_part(market, "precision").get("amount")):
        return f"{exchange.label}'s own list does not state in which steps it is ordered"
    # An inverse contract is worth so many USD, which no token is, and any other gains dollars.
    is_possible = quote == "USD" if market.get("inverse") else settle in ("USD", *DOLLARS)
    return (
        "" if is_possible else f"{exchange.label}'s own list says that it is quoted in {quote} and settled in {settle}"
    )


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The mapping of this name; an empty one where the exchange has something else there."""
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}


def _day(milliseconds: float | None) -> date | None:
    """The day of a time in milliseconds since 1970; None for none, 0 and what no calendar has."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).date() if milliseconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _fee(value: object) -> float | None:
    rate = number(value)
    return rate if rate is not None and -0.01 < rate < 0.01 else None
