"""CME: futures in Chicago, reached through a broker."""

from datetime import date

from hedge_core.market.residence import Access
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import BROKER
from hedge_core.market.venues.venue import IntradayMargin, MarginRunsOut, Venue

MONTH_LETTERS = "FGHJKMNQUVXZ"
"""The letters that stand for January to December in the codes of futures."""


def _month_code(code: str, expiry: date, is_weekly: bool) -> str:
    """METZ6 for December 2026; a weekly future is named by its day, as several end in one month."""
    if is_weekly:
        return f"{code} {expiry:%d%b%y}".upper()
    return f"{code}{MONTH_LETTERS[expiry.month - 1]}{expiry.year % 10}"


VENUE = Venue(
    name="CME",
    hours="around the clock since 2026-05-29; breaks on Saturdays 02:00-04:00 and weekdays 16:00-16:02, Chicago time",
    has_weekend_gap=False,
    closes_how="the broker, by a margin call or without one",
    margin_runs_out=MarginRunsOut(
        closes="closed",
        source="assumed: a broker may close some or all, so all",
    ),
    intraday_margin=IntradayMargin(
        until="15:45 Chicago time at one broker; others have times of their own",
        source="NinjaTrader's page on margins; whether the time moved when CME began to trade around the clock on "
        "2026-05-29 was not found",
    ),
    deleveraging="none in normal rules; losses go through the clearing house",
    dangers=HedgeDangers(
        deleverages=False,
        halt_hours=2.0,
        halt_source="its break on Saturdays; on 2025-10-10, when it did not trade around the clock yet, its week ended "
        "15 minutes before the worst minute, for 49 hours (by its hours)",
        loss_chance=0.001,
        margin_currency="USD",
        takes_coins=False,
    ),
    funding="none: the contracts are futures",
    interest="0 on cash for futures at Interactive Brokers (2026-02-04)",
    is_exchange_traded=True,
    order_form=BROKER,
    month_code=_month_code,
    quoted_at_spot=frozenset(("QBTC", "QETH", "QSOL", "QXRP")),
    regions="through brokers in many countries, the United States among them; not for retail clients in the United "
    "Kingdom",
    serves={
        "us": Access(True, "through brokers in the United States", "CME's pages", "2026-08-29"),
        "hong_kong": Access(True, "through brokers in Hong Kong, Futu among them", "a broker's pages", "2026-02-11"),
    },
    offers_perpetuals=False,
    is_assumed=False,
    note="your broker may close at weekends or ask more margin then; a gain at a weekend is paid out on the next "
    "business day",
    source="press on the launch 2026-05-29, an exchange guide 2026-07-02, CME's pages 2026-08-29",
)
