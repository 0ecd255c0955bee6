"""Results as plain values for JSON: what the commands print with `--json`, except `monitor` (see `monitor_json`).

Scripts read the keys, so they are an interface and must not change. Money is in USD, fractions are fractions, and a
short position is a positive number of contracts with a side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hedge_core.exposure.betas import BetaEstimate
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.insurance import InsuranceQuote, insurance_quote
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import PledgedCoin
from hedge_core.hedge.market_margin import RALLIES
from hedge_core.hedge.overnight import margin_by_time
from hedge_core.hedge.venue_comparison import VenueComparison, VenueRow
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.reports.cost_json import cost_document
from hedge_core.reports.ticket.files import ticket_document
from hedge_core.reports.ticket.tickets import opening_ticket
from hedge_core.scenarios.run import ScenarioResult
from hedge_core.scenarios.stress import StressResult, stress_betas_of, stress_reading
from hedge_core.simulation.cash_advice import CashAdvice, CashTried
from hedge_core.simulation.distributions import QUANTILES, Chance, Distribution
from hedge_core.simulation.frontier import Frontier
from hedge_core.simulation.policy_comparison import PolicyComparison, PolicyOutcome
from hedge_core.simulation.simulation import Simulation


def scenario_document(result: ScenarioResult) -> dict[str, Any]:
    """What `scenario --json` prints: profit and loss under one shock, its attribution, and notes as warnings."""
    return {
        "move": result.shock.move,
        "of": result.shock.of,
        "proxy_move": result.proxy_move,
        "market_move": result.market_move,
        "moves": dict(result.moves),
        "bag_pnl": result.bag_pnl,
        "unhedged_pnl": result.unhedged_pnl,
        "hedge_pnl": result.hedge_pnl,
        "net_pnl": result.net_pnl,
        "net_after_costs": result.net_after_costs,
        "offset": result.offset,
        "is_liquidated": result.is_liquidated,
        "open_share": result.open_share,
        "attribution": {**asdict(result.attribution), "total": result.attribution.total},
        "warnings": [{"code": "scenario", "text": note} for note in result.notes],
    }


def stress_document(assessment: HedgeAssessment, results: Sequence[StressResult]) -> dict[str, Any]:
    """What `stress --json` prints: the plan in each past crash and squeeze, in the order of `results`."""
    return {
        "name": assessment.plan.name,
        "reading": stress_reading(assessment, tuple(results)),
        "windows": [
            {
                "name": result.window.name,
                "kind": result.window.kind,
                "start": result.window.start.isoformat(),
                "end": result.window.end.isoformat(),
                "bag_pnl": result.bag_pnl,
                "hedge_pnl": result.hedge_pnl,
                "net_pnl": result.net_pnl,
                "offset": result.offset,
                "is_liquidated": result.is_closed,
                "estimated": list(result.estimated),
                "basis_deviation": result.basis_deviation,
            }
            for result in results
        ],
        "stress_betas": _stress_betas(assessment),
        "market": market_document(assessment.market),
    }


def _stress_betas(assessment: HedgeAssessment) -> list[dict[str, Any]]:
    """How far each coin moves with the market, in the whole window and on its worst days; empty if that is unknown."""
    known = stress_betas_of(assessment)
    if known is None:
        return []
    rows = zip(known.coins, known.betas.tolist(), known.own.tolist(), known.standard_errors.tolist(), strict=True)
    return [
        {
            "coin": coin,
            "market_beta": assessment.estimates.market_betas((coin,)).of(coin),
            "stress_beta": beta,
            "own": finite(own),
            "standard_error": finite(error),
        }
        for coin, beta, own, error in rows
    ]


def simulation_document(
    assessment: HedgeAssessment,
    simulation: Simulation,
    comparison: PolicyComparison,
    frontier: Frontier,
    advice: CashAdvice | None,
) -> dict[str, Any]:
    """What `simulate --json` prints: distributions with their errors, policies, and the frontier of hedge ratios."""
    return {
        "name": assessment.plan.name,
        "horizon_days": simulation.horizon,
        "paths": simulation.paths,
        "seed": simulation.seed,
        "model": simulation.model,
        "reading": simulation.sentence,
        "bag": _distribution(simulation.bag),
        "hedge": _distribution(simulation.hedge),
        "net": _distribution(simulation.net),
        "carry": asdict(simulation.carry),
        "fees": asdict(simulation.fees),
        "liquidated": chance_document(simulation.closed),
        "both_lose": chance_document(simulation.both_lose),
        "gain_given_up": {**(chance_document(simulation.gain_given_up) or {}), "mean": simulation.given_up},
        "gain_lost": chance_document(simulation.gain_lost),
        "cash_needed": simulation.cash_needed,
        "cash_advised": {
            **asdict(simulation.cash_advised),
            "worst_30_days": advice.worst_30_days if advice else None,
            "initial": advice.initial if advice else 0.0,
            "tried": _cash_tried(advice.advised) if advice else None,
            "stated": _cash_tried(advice.stated) if advice and advice.stated else None,
            "sentences": list(advice.sentences) if advice else [],
        },
        "cash_by_day": [float(value) for value in simulation.fans["cash"][-1]],
        "policies": {
            "simulated": [_policy(outcome) for outcome in comparison.simulated],
            "historical": [_policy(outcome) for outcome in comparison.historical],
            "stretches": comparison.stretches,
            "independent": comparison.independent,
            "first_day": comparison.first_day.isoformat(),
            "last_day": comparison.last_day.isoformat(),
            "history_is_simulated": comparison.history_is_simulated,
            "sentences": list(comparison.sentences),
        },
        "frontier": {
            "chosen": frontier.chosen,
            "points": [
                {
                    "hedge_ratio": point.ratio,
                    "contracts": [{"contract": name, "contracts": count} for name, count in point.contracts],
                    "risk": asdict(point.risk),
                    "cost": point.cost,
                    "given_up": point.given_up,
                    "liquidated": chance_document(point.closed),
                    "margin": point.margin,
                    "is_funded": point.is_funded,
                }
                for point in frontier.points
            ],
            "when_margin_runs_out": frontier.rule,
            "adds_risk_above": frontier.verdict.adds_risk_above,
            "between": list(frontier.verdict.between),
            "other_rules": [asdict(one) for one in frontier.other_rules],
            "sentences": list(frontier.sentences),
        },
        "warnings": [{"code": "simulation", "text": note} for note in simulation.notes],
        "market": market_document(assessment.market),
    }


def _cash_tried(tried: CashTried) -> dict[str, Any]:
    return {**asdict(tried), "lived_through": chance_document(tried.lived_through)}


def finite(number: float | None) -> float | None:
    """The number, or None if it is infinite, NaN or unknown: JSON has no such numbers."""
    return number if number is not None and math.isfinite(number) else None


def market_document(market: MarketSnapshot) -> dict[str, Any]:
    """The source and time of the prices, and whether they are simulated."""
    return {"source": market.source, "as_of": market.as_of.isoformat(), "simulated": market.simulated}


def _distribution(outcome: Distribution) -> dict[str, Any]:
    return {**asdict(outcome), "quantiles": {f"{q:g}": v for q, v in zip(QUANTILES, outcome.quantiles, strict=True)}}


def chance_document(chance: Chance | None) -> dict[str, float] | None:
    """A chance and its standard error; None if margin was not watched."""
    return None if chance is None else {"chance": chance.value, "error": chance.error}


def _policy(outcome: PolicyOutcome) -> dict[str, Any]:
    return {**asdict(outcome), "end": _distribution(outcome.end), "closed": chance_document(outcome.closed)}


def assessment_document(assessment: HedgeAssessment) -> dict[str, Any]:
    """What `propose --json` prints: the bag, betas, legs, orders, margin, costs and notices."""
    plan, market, margin, costs = assessment.plan, assessment.market, assessment.margin, assessment.costs
    ticket = opening_ticket(assessment)
    by_time = margin_by_time(assessment)
    return {
        "name": plan.name,
        "notes": plan.notes,
        "approach": plan.decisions.approach,
        "method": plan.decisions.method,
        "rounding": plan.decisions.rounding,
        "bag_value": assessment.bag_value,
        "hedgeable_value": assessment.hedgeable_value,
        "hedge_ratio": assessment.hedge_ratio,
        "achieved_hedge_ratio": assessment.achieved_hedge_ratio,
        "residual_exposure": assessment.residual_exposure,
        "betas": [
            _beta_document(held.holding.coin, estimate) for held in assessment.held_coins for estimate in held.estimates
        ],
        "positions": [
            {
                "coin": held.holding.coin,
                "quantity": held.holding.quantity,
                "price": held.price,
                "price_from": _price_from(held, market),
                "price_is_alone": held.quote is not None and held.quote.is_alone,
                "price_as_of": held.quote.as_of.isoformat() if held.quote else None,
                "value": held.value,
                "status": held.status,
                "route": held.route,
                "proxy": held.proxy,
                "proxies": list(held.proxies),
                "reason": held.reason,
            }
            for held in assessment.held_coins
        ],
        "legs": [_leg_document(leg) for leg in assessment.legs],
        "old_figures": [
            {"contract": old.contract_id, "figure": old.figure, "as_of": old.as_of.isoformat(), "days": old.days}
            for old in assessment.old_figures
        ],
        "orders": [order.sentence for order in ticket.orders],
        "ticket": ticket_document(ticket),
        "stop_orders": [asdict(stop) for stop in assessment.stop_orders],
        "margin": {
            "initial": margin.initial,
            "maintenance": margin.maintenance,
            "collateral": margin.collateral,
            "rally_survived": finite(margin.rally_survived),
            "market_rally_survived": finite(assessment.market_rally_survived),
            "collateral_for_market_rally": [
                {"rally": rally, "collateral": assessment.collateral_for(rally)} for rally in RALLIES
            ],
            "is_never_closed": margin.rally_survived == math.inf,
            "leverage": margin.leverage,
            "legs": [
                {
                    "contract": alone.leg.contract_id,
                    "collateral": alone.collateral,
                    "end_price": finite(alone.end_price),
                    "rally_survived": finite(alone.rally_survived),
                    "market_rally_survived": finite(market_rally),
                }
                for alone, market_rally in zip(margin.isolated(), assessment.market_margin.isolated(), strict=True)
            ],
            "is_assumed": margin.is_assumed,
            "mode": "isolated" if margin.is_isolated else "cross",
            "rests_on": "overnight",
            "intraday_initial": by_time.intraday if by_time else None,
            "intraday_until": by_time.until if by_time else None,
            "reserve": plan.decisions.reserve,
            "pledged": pledged_document(margin.pledged),
            "when_it_runs_out": assessment.breach.rule.title,
        },
        "costs": {
            "horizon_days": costs.horizon_days,
            "fees": costs.fees,
            "carry": costs.carry,
            "is_carry_known": costs.is_carry_known,
            "cash": assessment.cash_cost,
            "legs": [cost_document(leg) for leg in costs.legs],
        },
        "insurance": _insurance_document(insurance_quote(assessment)),
        "warnings": [{"code": notice.code, "text": notice.text} for notice in assessment.notices],
        "market": {
            "source": market.source,
            "as_of": market.as_of.isoformat(),
            "simulated": market.simulated,
            "practice": assessment.is_practice,
        },
    }


def pledged_document(pledged: Sequence[PledgedCoin]) -> list[dict[str, Any]]:
    """The coins that count as margin, with what they are worth and count for (USD)."""
    return [{"coin": one.name, "value": one.value, "counted": one.counted, "source": one.source} for one in pledged]


def _insurance_document(quote: InsuranceQuote) -> dict[str, Any]:
    costs = {"cost": quote.cost, "cost_low": quote.cost_low, "cost_high": quote.cost_high}
    falls = {
        name.replace("cost", "break_even_fall", 1): None if cost is None else quote.break_even_fall(cost)
        for name, cost in costs.items()
    }
    return {
        "horizon_days": quote.horizon_days,
        **costs,
        **falls,
        "fees": quote.fees,
        "carry": quote.carry,
        "history_days": quote.history_days,
        "sentence": quote.sentence,
    }


def _price_from(held: HeldCoin, market: MarketSnapshot) -> str:
    """The source of a coin's price."""
    if held.is_own_price:
        return "set by you"
    return held.quote.source if held.quote else market.source


def contract_document(contract: Contract) -> dict[str, Any]:
    """What `contracts --json` prints for one contract."""
    expires_on = contract.expires_on.isoformat() if contract.expires_on else None
    return {"id": contract.id, **asdict(contract), "expires_on": expires_on}


def venues_document(assessment: HedgeAssessment, comparison: VenueComparison) -> dict[str, Any]:
    """What `venues --json` prints: the recommendation with its reason, and the plan at each venue."""
    return {
        "name": assessment.plan.name,
        "residence": assessment.plan.residence,
        "recommended": comparison.recommended.facts.name if comparison.recommended else None,
        "reason": comparison.reason,
        "venues": [_venue_document(row) for row in comparison.rows],
    }


def _venue_document(row: VenueRow) -> dict[str, Any]:
    there, quote = row.assessment, row.quote
    return {
        "venue": row.facts.name,
        "is_usable": row.is_usable,
        "is_served": row.access.is_served,
        "access": row.access.text,
        "fault": row.fault,
        "size_not_known": list(row.unsized),
        "unknown": list(row.unknown),
        "achieved_hedge_ratio": there.achieved_hedge_ratio if there else None,
        "own_futures_share": row.own_share,
        "contracts": {leg.contract.id: leg.lots for leg in there.traded_legs} if there else {},
        "initial_margin": there.margin.initial if there else None,
        "initial_margin_wanted": there.margin_wanted.initial if there else None,
        "rally_survived": finite(there.margin.rally_survived) if there else None,
        "market_rally_survived": finite(there.market_rally_survived) if there else None,
        "cost": quote.cost if quote else None,
        "cost_high": quote.cost_high if quote else None,
        "deleveraging": row.facts.deleveraging,
        "deleverages": row.facts.dangers.deleverages,
        "halt_hours": row.facts.dangers.halt_hours,
        "takes_coins": row.facts.dangers.takes_coins,
    }


def _beta_document(coin: str, estimate: BetaEstimate) -> dict[str, Any]:
    return {
        "coin": coin,
        "proxy": estimate.proxy,
        "value": estimate.beta,
        "standard_error": estimate.standard_error,
        "interval_to_come": list(estimate.interval_to_come) if estimate.interval_to_come else None,
        "correlation": estimate.correlation,
        "r_squared": estimate.r_squared,
        "window": estimate.window_days,
        "days": estimate.observations,
        "method": estimate.method,
    }


def _leg_document(leg: SizedLeg) -> dict[str, Any]:
    return {
        "contract": leg.contract.id,
        "underlying": leg.underlying,
        "side": leg.side,
        "contracts": leg.lots,
        "order_quantity": leg.contract.quantity(leg.contracts),
        "exact_contracts": leg.exact_contracts,
        "wanted_contracts": abs(leg.wanted_contracts),
        "contract_notional": leg.lot_notional,
        "notional": leg.notional,
        "target_notional": leg.target_notional,
        "price": leg.price,
    }
