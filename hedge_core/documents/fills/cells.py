"""Parse the cells of a table of fills that hold quantities and amounts of money.

Each function takes text and returns a value, or raises InvalidInput saying what is wrong and what to write instead.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hedge_core.errors import InvalidInput
from hedge_core.market.coins import coin_of, is_cash, is_dollar
from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import instrument_of
from hedge_core.market.venues import venue_of
from hedge_core.plan.fills import MAX_LOTS, MAX_MONEY
from hedge_core.text import parse_number


def number_of(text: str) -> float:
    """Return a finite number whose size is below MAX_MONEY. Raises InvalidInput."""
    if not text:
        raise InvalidInput("is empty: write a number")
    try:
        value = parse_number(text)
    except ValueError:
        raise InvalidInput(f"'{text[:40]}' is not a number; write it as 1234.5 or 1,234.5") from None
    if not -MAX_MONEY < value < MAX_MONEY:
        raise InvalidInput(f"{value:g} is too large; check the number")
    return value


def amount_of(text: str, currency: str) -> tuple[float, str]:
    """Return an amount and its currency, which may follow the amount, as in 0.0368USDT. Raises InvalidInput."""
    match = re.fullmatch(r"(.*[\d.])\s*([A-Za-z][A-Za-z0-9]{1,9})", text)
    if match and not re.fullmatch(r"[eE]\d+", match[2]):
        return number_of(match[1]), match[2].upper()
    return number_of(text), currency.upper()


class Stated(NamedTuple):
    """A quantity as text, and the unit that follows it in the cell ('' if none does)."""

    number: str
    unit: str


def unit_in(text: str) -> Stated:
    """Split 0.3 BTC or 30 cont into the number and its unit."""
    number, _, unit = text.strip().partition(" ")
    return Stated(number, unit) if unit and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{1,20}", unit) else Stated(text, "")


def is_other_money(currency: str) -> bool:
    """Whether this is the currency of a country other than the dollar, such as EUR."""
    return is_cash(currency.strip().upper()) and not is_dollar(currency.strip().upper())


def price_of(text: str, quote: str) -> float:
    """Return a price in USD. Raises InvalidInput if it is in another currency or is not a number."""
    price, currency = amount_of(text, quote.strip() if is_other_money(quote) else "")
    if currency and not is_dollar(currency):
        raise InvalidInput(f"{price:,.10g} {currency[:16]} is not a price in USD; write the prices in USD")
    return price


def in_dollars(amount: float, currency: str, contract: Contract, price: float | None) -> float:
    """Return the amount in USD: dollars and dollar stablecoins at 1, the contract's own coin at `price` (USD per coin).

    Without a currency, an amount of an inverse contract is in its coin and one of a linear contract is in dollars.
    Raises InvalidInput for any other currency, and for the contract's coin if there is no price.
    """
    coin = {"XBT": "BTC"}.get(currency, currency) or (
        contract.underlying if instrument_of(contract).settles_in_coin else "USD"
    )
    if amount == 0 or is_dollar(coin):
        return amount
    if coin == contract.underlying and price:
        return amount * price
    raise InvalidInput(f"{amount:g} {coin[:16]} cannot be converted to USD here; write the amount in USD")


def lots_of(quantity: float, unit: str, contract: Contract, symbol: str) -> int:
    """Return the venue's quantity as a whole number of lots.

    `unit` is the unit of the quantity: contracts (lots × amount step), or coins or dollars of the underlying. If it is
    empty, the unit that the venue uses is assumed. Raises InvalidInput for a unit that does not fit the contract, and
    for a quantity that is not a whole number of lots.
    """
    lot = contract.contract_size * contract.amount_step
    named = unit.strip().upper()
    coin, units = coin_of(unit.strip()) if named else ("", 1.0)
    coin = {"XBT": "BTC"}.get(coin, coin)
    is_dollars = is_dollar(named)
    if named in ("CONT", "CONTS", "CONTRACT", "CONTRACTS", symbol.upper(), contract.code.upper()):
        exact = quantity / contract.amount_step
    elif not named:
        habits = venue_of(contract.venue).fills
        exact = quantity / (lot if habits and habits.counts_underlying else contract.amount_step)
    elif (coin == contract.underlying and not contract.size_in_usd) or (is_dollars and contract.size_in_usd):
        exact = quantity * units / lot
    else:
        raise InvalidInput(
            f"{quantity:g} {named[:16]} cannot be converted to lots of {contract.size_text()}; write the quantity in "
            "contracts (column 'quantity') or in lots (column 'lots')"
        )
    return whole_lots(exact, contract, f"{quantity:g} {named[:16]}".strip())


def whole_lots(exact: float, contract: Contract, stated: str) -> int:
    """Return the lots as a whole number from 1 to MAX_LOTS. Raises InvalidInput, quoting the quantity as `stated`."""
    lots = round(exact)
    if abs(exact - lots) > 1e-6 * max(1.0, abs(exact)) or not 1 <= lots <= MAX_LOTS:
        raise InvalidInput(
            f"{stated} is {exact:,.6g} lots of {contract.size_text()}, and a fill is a whole number of lots; check the "
            "quantity, its unit and the contract"
        )
    return lots
