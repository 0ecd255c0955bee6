"""Option contracts: the series that venues list, and one option of a series.

An option's id is its venue and its code, as `Deribit:BTC_USDC-27NOV26-90000-P`: series, expiry, strike and P or C. That
is how Deribit writes its codes (with a d for the decimal point); for other venues it is this program's own notation.

Only European options are priced. An American one can be exercised early, which Black-76 does not value, so it is
refused. Series settled in USDC or into a future are proposed. Those settled in the coin can be valued and entered as
fills: premium and payoff are then converted to USD at the coin's price of that moment, which gives the same USD.

Strikes and months are constructed by rule (steps of about 2.5% of the price; month ends and quarter ends), because no
list of the venue is read: check that yours is listed before you rely on it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, cast

import numpy as np

from hedge_core.errors import InvalidInput, UnknownContract
from hedge_core.market.expiries import QUARTERLY, last_friday
from hedge_core.market.options.black76 import CALL, PUT, Numbers, payoff
from hedge_core.market.snapshot import Floats
from hedge_core.tables import shipped_rows

ExerciseStyle = Literal["European", "American"]
Settlement = Literal["USDC", "coin", "future", "shares"]
OptionKind = Literal["put", "call"]

SIGN: Mapping[OptionKind, int] = MappingProxyType({"put": PUT, "call": CALL})

STRIKE_STEP = 0.025
"""Strikes lie at the largest round step (1, 2, 2.5 or 5 times a power of ten) up to this share of the price."""

OWN = "My options"
"""The venue name of series that the user defines."""

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

_CODE = re.compile(r"(?P<series>[A-Z0-9_]{2,20})-(?P<day>\d{1,2}[A-Z]{3}\d{2})-(?P<strike>\d+(?:d\d+)?)-(?P<kind>[PC])")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSeries:
    """The options that one venue lists on one coin.

    `contract_size` is in coins, `amount_step` the smallest order in contracts. Fees are per coin: `fee_rate` of the
    coin's price, at most `fee_cap` of the premium, plus `fixed_fee` USD per contract; `delivery_fee_rate` is charged on
    cash exercise, with the same cap on the payoff. `months` and `quarters` are how many month ends and quarter ends are
    listed.
    """

    venue: str
    code: str
    underlying: str
    contract_size: float
    amount_step: float = 1.0
    style: ExerciseStyle = "European"
    settlement: Settlement = "USDC"
    months: int = 3
    quarters: int = 4
    fee_rate: float = 0.0005
    fee_cap: float = 0.125
    delivery_fee_rate: float = 0.00015
    fixed_fee: float = 0.0
    fee_is_assumed: bool = True
    premium_tick: float | None = None
    source: str = ""
    verified_on: str = ""
    confidence: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not 0.0 < self.contract_size < 1e12 or not 0.0 < self.amount_step <= 1e6:
            raise InvalidInput(f"The size of an option of {self.code} must be a positive number of coins.")

    @classmethod
    def own(cls, underlying: str, contract_size: float) -> OptionSeries:
        """A European, USDC-settled series of the user's own, with the fees of Deribit."""
        return cls(venue=OWN, code=underlying, underlying=underlying, contract_size=contract_size, source="yours")

    @property
    def lot_coins(self) -> float:
        """The coins of the smallest order."""
        return self.contract_size * self.amount_step

    @property
    def is_priced(self) -> bool:
        """Whether its options can be priced here: European ones only."""
        return self.style == "European"

    @property
    def is_proposed(self) -> bool:
        """Whether the program proposes its options: those priced here and not settled in the coin."""
        return self.is_priced and self.settlement != "coin"

    def fee(self, premium: Numbers, spot: Numbers) -> Floats:
        """The fee in USD per coin of buying or selling at `premium` (USD per coin) with the coin at `spot`."""
        return _capped(self.fee_rate, self.fee_cap, premium, spot) + self.fixed_fee / self.contract_size

    def delivery_fee(self, paid: Numbers, spot: Numbers) -> Floats:
        """The fee in USD per coin when the option pays `paid` (USD per coin) at its expiry; 0 if it pays nothing."""
        return _capped(self.delivery_fee_rate, self.fee_cap, paid, spot)

    def expiries(self, today: date) -> tuple[date, ...]:
        """The listed expiries after `today`: the next month ends and quarter ends, earliest first."""
        months, quarters = list[date](), list[date]()
        year, month = today.year, today.month
        while len(months) < self.months or len(quarters) < self.quarters:
            day = last_friday(year, month)
            if day > today:
                months += [day] if len(months) < self.months else []
                quarters += [day] if month in QUARTERLY and len(quarters) < self.quarters else []
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return tuple(sorted({*months, *quarters}))

    def strikes(self, spot: float, low: float, high: float) -> tuple[float, ...]:
        """The strikes from `low`·spot to `high`·spot, ascending."""
        step = round_step(STRIKE_STEP * spot)
        first, last = math.ceil(low * spot / step - 1e-9), math.floor(high * spot / step + 1e-9)
        return tuple(float(Decimal(str(step)) * count) for count in range(max(first, 1), last + 1))

    def option(self, kind: OptionKind, strike: float, expiry: date) -> Option:
        """One option of the series. Raises InvalidInput if its style is not priced here."""
        return Option(self, kind, strike, expiry)


@dataclass(frozen=True, slots=True)
class Option:
    """One European option: the right to sell (put) or buy (call) a coin at `strike` (USD) on `expiry`.

    Raises InvalidInput for an American series, or a strike that is not positive.
    """

    series: OptionSeries
    kind: OptionKind
    strike: float
    expiry: date

    def __post_init__(self) -> None:
        if not self.series.is_priced:
            raise InvalidInput(
                f"{self.series.venue}:{self.series.code} options are American: they can be exercised early, which is "
                "not valued here. Choose a European series, such as Deribit:BTC_USDC or CME:MBT."
            )
        if not 0.0 < self.strike < 1e12:
            raise InvalidInput(f"The strike must be a positive number of USD, not {self.strike}.")

    @property
    def sign(self) -> int:
        """+1 for a call, −1 for a put."""
        return SIGN[self.kind]

    @property
    def code(self) -> str:
        """The code, as BTC_USDC-27NOV26-90000-P."""
        strike = f"{Decimal(str(self.strike)).normalize():f}".replace(".", "d")
        day = f"{self.expiry.day}{MONTHS[self.expiry.month - 1]}{self.expiry:%y}"
        return f"{self.series.code}-{day}-{strike}-{self.kind[0].upper()}"

    @property
    def id(self) -> str:
        """Venue and code."""
        return f"{self.series.venue}:{self.code}"

    @property
    def name(self) -> str:
        """The option for readers: "BTC put 90,000, 27 Nov 2026"."""
        strike = f"{Decimal(str(self.strike)).normalize():,f}"
        return f"{self.series.underlying} {self.kind} {strike}, {self.expiry.day} {self.expiry:%b %Y}"

    def days_left(self, today: date) -> int:
        """Days from `today` to the expiry; negative afterwards."""
        return (self.expiry - today).days

    def payoff(self, settlement_price: Numbers) -> Floats:
        """What it pays at expiry in USD per coin, before fees."""
        return payoff(self.sign, settlement_price, self.strike)


def round_step(most: float) -> float:
    """The largest of 1, 2, 2.5 and 5 times a power of ten that is at most `most` (positive)."""
    power = 10.0 ** math.floor(math.log10(most) + 1e-12)
    factor = max(one for one in (1.0, 2.0, 2.5, 5.0) if one * power <= most * (1.0 + 1e-9))
    return float(f"{factor * power:.12g}")


@lru_cache(maxsize=1)
def option_series() -> Mapping[str, OptionSeries]:
    """The series of data/option_contracts.csv by id (`Venue:CODE`), in file order."""
    rows = (_series(row) for row in shipped_rows("option_contracts.csv"))
    return MappingProxyType({f"{one.venue}:{one.code}": one for one in rows})


def proposed_series(venue: str, own: Iterable[OptionSeries] = ()) -> Mapping[str, OptionSeries]:
    """The series that are proposed at a venue, by coin; the user's `own` come before the venue's."""
    found = {one.underlying: one for one in option_series().values() if one.venue == venue and one.is_proposed}
    return MappingProxyType({**found, **{one.underlying: one for one in own}})


def is_option_id(contract_id: str) -> bool:
    """Whether an id has the form of an option's."""
    return _CODE.fullmatch(contract_id.partition(":")[2]) is not None


def option_of(contract_id: str) -> Option:
    """The option with this id. Raises UnknownContract for another form or series, InvalidInput for an American one."""
    venue, _, code = contract_id.partition(":")
    found = _CODE.fullmatch(code)
    series = option_series().get(f"{venue}:{found['series']}") if found else None
    if found is None or series is None:
        raise UnknownContract(contract_id, [known for known in option_series() if known.startswith(f"{venue}:")])
    expiry = _day(contract_id, found["day"])
    kind: OptionKind = "put" if found["kind"] == "P" else "call"
    return series.option(kind, float(found["strike"].replace("d", ".")), expiry)


def _day(contract_id: str, text: str) -> date:
    """The date of a code, written as 27NOV26. Raises InvalidInput."""
    try:
        return date(2000 + int(text[-2:]), MONTHS.index(text[-5:-2]) + 1, int(text[:-5]))
    except ValueError:
        raise InvalidInput(f"{contract_id}: {text} is no date; write it as 27NOV26.") from None


def _capped(rate: float, cap: float, of: Numbers, spot: Numbers) -> Floats:
    fee: Floats = np.minimum(rate * np.asarray(spot, dtype=np.float64), cap * np.asarray(of, dtype=np.float64))
    return fee


def _series(row: Mapping[str, str]) -> OptionSeries:
    return OptionSeries(
        venue=row["venue"],
        code=row["code"],
        underlying=row["underlying"],
        contract_size=float(row["contract_size"]),
        amount_step=float(row["amount_step"]),
        style=cast(ExerciseStyle, row["style"]),
        settlement=cast(Settlement, row["settlement"]),
        months=int(row["months"]),
        quarters=int(row["quarters"]),
        fee_rate=float(row["fee_rate"]),
        fee_cap=float(row["fee_cap"]),
        delivery_fee_rate=float(row["delivery_fee_rate"]),
        fixed_fee=float(row["fixed_fee"]),
        fee_is_assumed=row["fee_is_assumed"] == "yes",
        premium_tick=float(row["premium_tick"]) if row["premium_tick"] else None,
        source=row["source"],
        verified_on=row["verified_on"],
        confidence=row["confidence"],
        note=row["note"],
    )
