"""Hypothesis strategies: plans with all that they can hold, fills, rules, events and a journal among it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.plan.plan import Execution, JournalEntry, Thresholds, Watch
from hedge_core.plan.rules import BagRecovered, CarryLimit, Catalyst, ExpiryNear, FallReached, LossLimit, OnDate
from tests.support.strategies import amounts, documents, symbols, texts

moments = st.integers(1_300_000_000_000_000, 6_000_000_000_000_000).map(
    lambda micro: datetime.fromtimestamp(micro / 1e6, UTC)
)
days = st.dates(date(2010, 1, 2), date(2190, 1, 1))
titles = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30)
ids = st.sampled_from(["CME:MET", "Coinbase Derivatives:ETP", "My contracts:X 1"])
fractions = amounts(0.001, 1.0)

fills = st.builds(
    Fill,
    at=moments,
    contract=ids,
    side=st.sampled_from(["sell", "buy"]),
    contracts=st.integers(1, 10**12),
    price=amounts(1e-9, 1e14),
    fee=amounts(-1e6, 1e6),
    expiry=st.none() | days,
    note=texts,
    amount_step=st.none() | amounts(1e-6, 1e3),
)
payments = st.builds(FundingPayment, at=moments, contract=ids, amount=amounts(-1e6, 1e6), expiry=st.none() | days)
rules = st.one_of(
    st.builds(FallReached, fall=fractions, share=fractions, is_done=st.booleans()),
    st.builds(BagRecovered, fall=fractions, recovered=fractions, share=fractions),
    st.builds(OnDate, day=days, share=fractions),
    st.builds(ExpiryNear, days=st.integers(0, 90)),
    st.builds(Catalyst, event=texts, has_happened=st.booleans(), is_done=st.booleans()),
    st.builds(LossLimit, loss=fractions),
    st.builds(CarryLimit, paid=fractions, is_done=st.booleans()),
)
executions = st.builds(
    Execution,
    fills=st.lists(fills, max_size=3).map(tuple),
    payments=st.lists(payments, max_size=2).map(tuple),
    stop_prices=st.dictionaries(symbols, amounts(1e-9, 1e14), max_size=2),
    journal=st.lists(st.builds(JournalEntry, day=days, text=titles), max_size=2).map(tuple),
)
watches = st.builds(
    Watch,
    thresholds=st.builds(Thresholds, drift=amounts(0.01, 2), roll_days=st.integers(1, 60), stale_hours=amounts(1, 240)),
    exit_rules=st.lists(rules, max_size=3).map(tuple),
    events=st.lists(
        st.builds(CalendarEvent, day=days, title=titles, kind=st.sampled_from(["user", "roll"]), note=titles),
        max_size=2,
    ).map(tuple),
    checked=st.lists(titles, max_size=2).map(tuple),
)
plans = st.builds(
    lambda plan, execution, watch: replace(plan, execution=execution, watch=watch), documents, executions, watches
)
"""Any plan at all, with all that it can hold."""
