"""The result of one check of the hedge as plain values for JSON: what `monitor --json` prints.

As in `reports.json`, the keys are an interface for scripts and must not change.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hedge_core.market.options.held import margin_assumption
from hedge_core.monitoring.daily_check import MonitorReport
from hedge_core.monitoring.drift import Trade
from hedge_core.monitoring.option_cover import FALL, OptionCover
from hedge_core.monitoring.option_ledger import OptionBook, OptionPosition
from hedge_core.monitoring.position import PositionState
from hedge_core.monitoring.watch import Glance
from hedge_core.reports.filled_json import account_document
from hedge_core.reports.json import finite, market_document
from hedge_core.reports.orders import opening_text


def monitor_document(glance: Glance) -> dict[str, Any]:
    """What `monitor --json` prints: alerts, the position, rules, and the orders that open or close everything.

    Without usable prices, `severity` is "blind", `no_prices` says why, and all figures are None or empty. `drift` is
    relative to the target (a fraction); `rally_left` is the rise of all coins alike that the account survives, and
    `market_rally_left` that of the market (None: unknown or any rise). `options` is there if the fills hold any, and
    `accounts` if shorts are open at several venues.
    """
    report = glance.report
    state = report.state if report is not None else None
    return {
        "name": glance.plan.name,
        "severity": "blind" if report is None else report.severity or "calm",
        "exit_code": glance.exit_code,
        "moment": (glance.moment if report is None else report.moment).isoformat(),
        "no_prices": glance.no_prices or None,
        "plan_fault": glance.plan_fault or None,
        "new": list(glance.new),
        "alerts": [asdict(alert) for alert in report.alerts] if report is not None else [],
        "position": _position(state) if state is not None else [],
        **({"options": _options(report, report.options)} if report is not None and report.options is not None else {}),
        **({"accounts": [account_document(one) for one in state.accounts]} if state and state.accounts else {}),
        "realised_pnl": state.ledger.realised_pnl if state is not None else None,
        "fees": state.ledger.fees if state is not None else None,
        "funding": state.ledger.funding if state is not None else None,
        "pnl": state.pnl if state is not None else None,
        "equity": state.equity if state is not None else None,
        "rally_left": finite(report.rally_left) if report is not None else None,
        "market_rally_left": finite(report.market_rally_left) if report is not None else None,
        "drift": report.drift if report is not None else None,
        "trades": [_trade(trade) for trade in (report.trades if report is not None else ())],
        "unfunded_trades": [_trade(trade) for trade in (report.unfunded if report is not None else ())],
        "rules": [
            {
                "kind": check.rule.kind,
                "text": check.rule.text,
                "share": check.rule.share,
                "is_met": check.is_met,
                "is_done": check.rule.is_done,
                "evidence": check.evidence,
            }
            for check in (report.rules if report is not None else ())
        ],
        "entry_rules": [
            {
                "kind": check.rule.kind,
                "text": check.rule.text,
                "is_armed": check.is_armed,
                "is_met": check.is_met,
                "is_done": check.rule.is_done,
                "evidence": check.evidence,
            }
            for check in (report.entries if report is not None else ())
        ],
        "opening_order": _opening(report) if report is not None else [],
        "closing_order": list(report.closing_order) if report is not None else [],
        "market": market_document(report.assessment.market) if report is not None else None,
    }


def _opening(report: MonitorReport) -> list[str]:
    """The orders that open the hedge, once an entry rule asks for it."""
    is_asked = any(report.is_opening(alert) for alert in report.alerts)
    return opening_text(report.assessment).splitlines() if is_asked else []


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "contract": trade.contract.id,
        "lots": trade.lots,
        "held": trade.held,
        "target": trade.target,
        "text": trade.text,
    }


def _options(report: MonitorReport, book: OptionBook) -> dict[str, Any]:
    covers = {cover.option.id: cover for cover in report.covers}
    sold = [one.option.series for one in book.open_positions if one.lots < 0]
    return {
        "positions": [_option(one, covers.get(one.option.id)) for one in book.positions],
        "offsets": report.cover_ratio,
        "margin_note": margin_assumption(sold).strip(),
        "unsettled": [one.option.id for one in book.unsettled],
        "worth": book.worth,
        "realised_pnl": book.realised,
        "fees": book.fees,
        "pnl": book.pnl,
        "maintenance": book.maintenance,
        "volatility": book.surface,
    }


def _option(position: OptionPosition, cover: OptionCover | None) -> dict[str, Any]:
    option, leg = position.option, None if cover is None else cover.leg
    return {
        "contract": option.id,
        "kind": option.kind,
        "strike": option.strike,
        "expiry": option.expiry.isoformat(),
        "lots": position.lots,
        "coins": position.coins,
        "premium": position.premium,
        "worth": None if leg is None else leg.spot * float(leg.held.value(1.0)),
        "realised_pnl": position.realised,
        "fees": position.fees,
        "settlement": position.settlement,
        "cover": None if cover is None else cover_document(cover),
    }


def cover_document(cover: OptionCover) -> dict[str, Any]:
    """What an open option protects now, and what closing or rolling it takes (USD)."""
    roll = cover.roll
    return {
        "days_left": cover.days_left,
        "worth": cover.worth,
        "short": cover.short,
        "gain_in_fall": cover.gain_in_fall,
        "fall": FALL,
        "closing": cover.closing,
        "closing_cost": cover.closing_cost,
        "delivery_cost": cover.delivery_cost,
        "roll": None if roll is None else {"contract": roll.option.id, "paid": roll.paid, "cost": cover.roll_cost},
    }


def _position(state: PositionState) -> list[dict[str, Any]]:
    """The open positions in futures."""
    return [
        {
            "contract": position.contract.id,
            "expiry": position.expiry.isoformat() if position.expiry else None,
            "side": "short" if position.contracts < 0 else "long",
            "contracts": abs(position.contracts),
            "entry_price": position.entry_price,
            "mark": state.marks[position.key],
            "is_marked_at_spot": position.key in state.at_spot,
            "open_pnl": position.open_pnl(state.marks[position.key]),
        }
        for position in state.open_positions
    ]
