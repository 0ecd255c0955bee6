"""CME: futures in Chicago, reached through a broker."""

from hedge_core.market.venues.venue import MarginRunsOut, Venue

VENUE = Venue(
    name="CME",
    hours="Sunday evening to Friday afternoon, Chicago, with a break a day",
    has_weekend_gap=True,
    closes_how="margin call by the broker",
    margin_runs_out=MarginRunsOut(
        closes="closed",
        source="assumed: a broker may close some or all, so all",
    ),
    is_exchange_traded=True,
    regions="through brokers in many countries, the United States among them",
    is_assumed=True,
    note="hours and reach are assumptions: ask your broker",
    source="remembered",
)
