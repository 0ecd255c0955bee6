"""Alerts on options that fills hold: margin of those sold, expiries ahead, and cash exercises that are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.option_legs import initial_margin
from hedge_core.market.options.held import margin_assumption
from hedge_core.monitoring.actions import Key
from hedge_core.monitoring.alerts import Alert, Severity
from hedge_core.monitoring.option_cover import OptionCover
from hedge_core.monitoring.option_ledger import OptionBook
from hedge_core.monitoring.position import PositionState
from hedge_core.text import days_text, signed_usd, usd

NOTICE_DAYS = 7
"""An option that expires within so many days is announced."""


def expiries_ahead(
    covers: Sequence[OptionCover], moment: datetime, *, can_sell: bool, is_closing: bool
) -> tuple[list[Alert], dict[str, Mapping[Key, int]]]:
    """Return the alerts on options that expire soon, and the lots that each asks to open, by its key.

    `can_sell`: margin is not thin, so that sold calls may be rolled. `is_closing`: an exit rule is met, so that nothing
    is opened.
    """
    alerts, lots = [], dict[str, Mapping[Key, int]]()
    for cover in covers:
        left = cover.option.days_left(moment.date())
        if left > NOTICE_DAYS:
            continue
        is_rolled = cover.roll is not None and not is_closing and (can_sell or cover.leg.is_bought)
        alert = _expiry(cover, left, is_rolled=is_rolled, is_closing=is_closing)
        alerts.append(alert)
        if cover.roll is not None and is_rolled:
            lots[alert.key] = {(cover.roll.option.id, cover.roll.option.expiry): round(cover.leg.lots)}
    return alerts, lots


def unsettled(book: OptionBook | None) -> list[Alert]:
    """Return the alerts on options that have expired, and whose settlement is not known."""
    return [_unsettled(one.option.id) for one in book.unsettled] if book is not None else []


def thin_option_margin(
    book: OptionBook | None, state: PositionState | None, assessment: HedgeAssessment
) -> list[Alert]:
    """Return the alert if the equity does not cover what sold options and shorts need together.

    `state` is the position in futures.
    """
    alert = _margin(book, state, assessment) if book is not None else None
    return [] if alert is None else [alert]


def _margin(book: OptionBook, state: PositionState | None, assessment: HedgeAssessment) -> Alert | None:
    """Whether the equity covers what sold options and shorts need together; None if it does, or is not known."""
    collateral = assessment.plan.decisions.collateral
    if collateral is None or not book.maintenance:
        return None
    futures = collateral if state is None or state.equity is None else state.equity
    equity = futures + book.sold_pnl
    shorts = 0.0 if state is None else state.margin.maintenance
    opening = 0.0 if state is None else state.margin.initial
    kept, asked = shorts + book.maintenance, opening + initial_margin(book.legs)
    if equity >= asked:
        return None
    is_short = equity < kept
    sold = [leg.option for leg in book.legs if not leg.is_bought]
    severity: Severity = "critical" if is_short else "warning"
    return Alert(
        code="option_margin",
        key="option_margin",
        severity=severity,
        evidence=f"Equity is {usd(equity)}; sold options and shorts need {usd(kept)} to stay open, and {usd(asked)} to "
        f"open them.{margin_assumption(one.series for one in sold)}",
        threshold=usd(kept if is_short else asked),
        action="Add collateral, or buy sold options back.",
    )


def _expiry(cover: OptionCover, left: int, *, is_rolled: bool, is_closing: bool) -> Alert:
    when = "today" if left <= 0 else f"in {days_text(left)}"
    return Alert(
        code="option_expiry",
        key=f"option_expiry:{cover.option.id}",
        severity="info",
        evidence=f"{cover.option.id} expires {when}; it is worth {signed_usd(cover.worth)}.",
        threshold=days_text(NOTICE_DAYS),
        action=f"{_ending(cover)} {_next(cover, is_rolled=is_rolled, is_closing=is_closing)}",
    )


def _ending(cover: OptionCover) -> str:
    """The cheaper way to end the option."""
    keep, close = cover.delivery_cost, cover.closing_cost
    verb, way = ("Sell", "brings") if cover.leg.is_bought else ("Buy", "takes")
    if keep <= close:
        return (
            f"Let it expire: it is exercised for cash, for {usd(keep, cents=True)} at today's price; closing it now "
            f"costs {usd(close, cents=True)}."
        )
    back = "" if cover.leg.is_bought else " back"
    return f"{verb} it{back} now: that {way} {usd(abs(cover.closing))} and costs {usd(close, cents=True)}."


def _next(cover: OptionCover, *, is_rolled: bool, is_closing: bool) -> str:
    """What comes after it."""
    if is_closing:
        return "Open no other one: an exit rule is met."
    if not cover.is_hedge:
        return "It is no hedge of what you hold, so open no other one."
    if cover.roll is None:
        return "It protects nothing then, and no later one of its series is listed."
    roll = cover.roll
    if not is_rolled:
        return "Sell no other one before the margin is there."
    verb, money = ("buy", "takes") if cover.leg.is_bought else ("sell", "brings")
    return (
        f"It protects nothing then: before that, {verb} {cover.leg.contracts:,.10g} {roll.option.id}, which {money} "
        f"about {usd(abs(roll.paid))}, {usd(roll.cost, cents=True)} of costs counted."
    )


def _unsettled(option_id: str) -> Alert:
    return Alert(
        code="option_unsettled",
        key=f"option_unsettled:{option_id}",
        severity="warning",
        evidence=f"{option_id} has expired, and its coin has no close of that day here.",
        threshold="its expiry",
        action="Enter a fill of that day that closes it, at the payoff per coin that the venue paid (0 if nothing).",
    )
