"""Builds the orders of a ticket from trades in whole lots.

Legs are sent by size, the largest first, so that most of the risk is covered if something stops the rest. No order is
printed if one of them is above MOST_SHARE of what its contract trades per day; the counts that would pass are named.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import ShortLeg
from hedge_core.hedge.month_choice import VOLUME_MULTIPLE
from hedge_core.hedge.quotes import QuotedPrice, price_to_quote
from hedge_core.hedge.trading_costs import MOST_SHARE, SLICE_SHARE, TradingCost
from hedge_core.market.contracts import Contract
from hedge_core.market.expiries import months_ahead
from hedge_core.market.instruments import Instrument, instrument_of
from hedge_core.market.ticks import on_tick, per_coin, plain_number, price_text, price_unit, quantity_unit, tick_of
from hedge_core.market.venues import venue_of
from hedge_core.plan.fills import Side
from hedge_core.reports.ticket.order import Order, Part, Ticket
from hedge_core.text import listed

IF_SOME_FILL = (
    "If only some of the orders fill: keep what is filled, since every lot hedges by itself. Move the limit of the "
    "rest as said; what does not fill today is priced afresh tomorrow. Do not sell more of one contract for another."
)

WHAT_LEVERAGE_DOES = (
    "In cross margin the leverage only sets how much of your account an order reserves. It does not move your "
    "liquidation price: that depends on all the cash in the account."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrade:
    """Lots of one contract to trade: `lots` is positive, `spot` the coin's price in USD, `expiry` that of the future.

    `is_reducing`: the trade makes a position smaller.
    """

    action: str
    contract: Contract
    lots: int
    side: Side
    spot: float
    expiry: date | None
    is_reducing: bool = False

    @property
    def instrument(self) -> Instrument:
        """The instrument of the contract at the coin's price."""
        return instrument_of(self.contract, self.spot)

    @property
    def notional(self) -> float:
        """USD of all lots at the coin's price."""
        return self.lots * self.contract.lot_notional(self.spot)


def opening_trade(leg: ShortLeg, expiry: date | None) -> PlannedTrade:
    """The trade that opens a leg."""
    return PlannedTrade(
        action=leg.instrument.order,
        contract=leg.contract,
        lots=leg.lots,
        side="sell" if leg.contracts < 0 else "buy",
        spot=leg.price,
        expiry=expiry,
    )


def ticket_of(
    assessment: HedgeAssessment, title: str, trades: Iterable[PlannedTrade], *, keeps_order: bool = False
) -> Ticket:
    """The ticket of the trades, the largest first, or as they come if `keeps_order`."""
    wanted = list(trades)
    if not keeps_order:
        wanted.sort(key=lambda trade: -trade.notional)
    costs = [trading_cost(assessment, trade) for trade in wanted]
    refused = [(trade, cost) for trade, cost in zip(wanted, costs, strict=True) if _is_refused(trade, cost)]
    if refused:
        most = [_most_lots(trade, cost) for trade, cost in zip(wanted, costs, strict=True)]
        fewer = {trade.contract: lots for trade, lots in zip(wanted, most, strict=True) if lots < trade.lots}
        passing = {contract.id: lots for contract, lots in fewer.items() if lots}
        return Ticket(title, (), (_refusal(refused), *_would_pass(fewer)), passing=passing)
    orders: list[Order] = []
    notes: list[str] = []
    for trade, cost in zip(wanted, costs, strict=True):
        order = order_of(assessment, trade, cost)
        if fault := _below_minimum(trade, order):
            notes.append(fault)
        else:
            orders.append(replace(order, place=len(orders) + 1))
    notes += _about_forms(orders)
    if any(order.leverage is not None and order.margin_mode == "cross" for order in orders):
        notes.append(WHAT_LEVERAGE_DOES)
    if len(orders) > 1:
        notes.append(IF_SOME_FILL)
    return Ticket(title, tuple(orders), (), tuple(notes))


def _about_forms(orders: Sequence[Order]) -> list[str]:
    """Say of each venue whose order form has no source that what the orders say of it is an assumption."""
    assumed = dict.fromkeys(order.venue for order in orders if order.form.is_assumed)
    only = ", reduce-only" if any(order.is_reduce_only for order in orders) else ""
    return [
        f"Order type, time in force{only} and margin mode are assumptions about the order form of {venue}: if it "
        "offers others, choose what comes closest."
        for venue in assumed
    ]


def trading_cost(assessment: HedgeAssessment, trade: PlannedTrade) -> TradingCost:
    """What the trade costs in spread and slippage, in its month."""
    basis, today = assessment.cost_basis, assessment.market.as_of.date()
    ahead = 0 if trade.expiry is None else months_ahead(trade.contract, trade.expiry, today, basis.roll_ahead)
    return basis.trading.of_order(trade.contract, trade.spot, trade.notional, ahead=ahead)


def order_of(assessment: HedgeAssessment, trade: PlannedTrade, cost: TradingCost) -> Order:
    """The order that carries out one trade."""
    contract, form = trade.contract, venue_of(trade.contract.venue).order_form
    quoted = price_to_quote(
        trade.instrument, contract, assessment.market, trade.spot, expiry=trade.expiry, side=trade.side
    )
    is_sale = trade.side == "sell"
    limit = on_tick(contract, quoted.price, up=is_sale)
    last = on_tick(contract, quoted.price * (1.0 - cost.rate if is_sale else 1.0 + cost.rate), up=is_sale)
    last = min(last, limit) if is_sale else max(last, limit)
    tick = tick_of(contract, quoted.price)
    price = per_coin(contract, limit)
    most = most_leverage(contract, trade.notional) if form.sets_leverage else None
    return Order(
        action=trade.action,
        side=trade.side,
        quantity=contract.quantity(trade.lots),
        lots=trade.lots,
        contract=contract.code,
        code=venue_code(contract, trade.expiry),
        venue=contract.venue,
        size=_contract_size_text(contract),
        unit=quantity_unit(contract),
        price=price,
        notional=trade.lots * contract.lot_notional(price),
        limit=limit,
        limit_text=price_text(limit, tick.step),
        last_limit=last,
        last_limit_text=price_text(last, tick.step),
        chase_rate=cost.rate,
        price_unit=price_unit(contract),
        price_source=quoted.source,
        price_words=quoted.words,
        tick_text=plain_number(tick.step),
        is_tick_known=tick.is_known,
        form=form,
        margin_mode=form.margin_mode or ("isolated" if assessment.margin.is_isolated else "cross"),
        own_collateral=_own_collateral(assessment, contract),
        leverage=None if most is None else _leverage(assessment, contract, most),
        most_leverage=most,
        is_reducing=trade.is_reducing,
        parts=parts_of(contract, trade.lots, trade.spot, cost, assessment.market.as_of.date()),
        remarks=tuple(_remarks(trade, cost, quoted, is_tick_known=tick.is_known)),
        ends_on=trade.expiry,
    )


def venue_code(contract: Contract, expiry: date | None) -> str:
    """The code to type at the venue, with the month of a future: METZ6."""
    if expiry is None or contract.expiry == "none":
        return contract.code
    return venue_of(contract.venue).month_code(contract.code, expiry, contract.expiry == "weekly")


MOST_LEVERAGE = 1_000
"""More than any venue lends. A contract of the user's own may state a margin of nothing."""


def most_leverage(contract: Contract, notional: float) -> int:
    """The highest whole leverage at which the venue opens a position of this size, from 1 to MOST_LEVERAGE."""
    table = instrument_of(contract).margin_table(contract)
    rate = next(tier.initial_rate for tier in reversed(table) if notional >= tier.notional_from)
    return max(1, math.floor(1.0 / max(rate, 1.0 / MOST_LEVERAGE) + 1e-9))


def _own_collateral(assessment: HedgeAssessment, contract: Contract) -> float | None:
    """The collateral (USD) of the plan's position in this contract if it has its own, else None."""
    margin = assessment.margin
    if not margin.is_isolated or margin.collateral is None:
        return None
    shares = zip(margin.legs, margin.shares.tolist(), strict=True)
    return next((margin.collateral * share for leg, share in shares if leg.contract_id == contract.id), None)


def _leverage(assessment: HedgeAssessment, contract: Contract, most: int) -> int | None:
    """The lowest whole leverage at which the stated collateral opens all legs, but no more than `most`.

    Pledged coins count with the collateral. A position with collateral of its own is opened with that.
    """
    collateral, notional = assessment.plan.decisions.collateral, assessment.margin.notional
    if collateral is not None:
        collateral += assessment.margin.pledged_value
    own = _own_collateral(assessment, contract)
    if own:
        collateral = own
        notional = next(leg.notional for leg in assessment.margin.legs if leg.contract_id == contract.id)
    return None if not collateral else min(max(1, math.ceil(notional / collateral - 1e-9)), most)


def parts_of(contract: Contract, lots: int, spot: float, cost: TradingCost, today: date) -> tuple[Part, ...]:
    """The parts of an order, one per day: each at most SLICE_SHARE of the volume, none below the venue's minimum."""
    most = max(int(SLICE_SHARE * cost.venue_volume / contract.lot_notional(spot)), contract.minimum_lots)
    days = 1 if not cost.liquidity.says_how_much else min(math.ceil(lots / most), max(lots // contract.minimum_lots, 1))
    counts = (lots * (day + 1) // days - lots * day // days for day in range(days))
    return tuple(Part(today + timedelta(days=day), contract.quantity(count)) for day, count in enumerate(counts))


def _remarks(trade: PlannedTrade, cost: TradingCost, quoted: QuotedPrice, *, is_tick_known: bool) -> Sequence[str]:
    """What is unsure or unusual about the order."""
    liquidity, remarks = cost.liquidity, []
    assumed = ", an assumption" if liquidity.is_volume_assumed else ""
    if not liquidity.says_how_much:
        remarks.append("How much this contract trades is not known: look at its order book first.")
    elif liquidity.daily_volume < VOLUME_MULTIPLE * trade.notional:
        remarks.append(
            f"Thin: it trades ${liquidity.daily_volume:,.0f} per day{assumed}, less than {VOLUME_MULTIPLE:.0f} times "
            "this order. Look at its order book first."
        )
    if not is_tick_known:
        remarks.append("The tick is not known here: round the limit to the form's own tick.")
    if quoted.source in ("spot", "assumed basis") and trade.expiry is not None and "own rules" not in quoted.words:
        remarks.append("Compare the limit with the contract's own quote before you send it.")
    return remarks


def _is_refused(trade: PlannedTrade, cost: TradingCost) -> bool:
    return cost.liquidity.says_how_much and trade.notional > MOST_SHARE * cost.venue_volume


def _refusal(refused: Sequence[tuple[PlannedTrade, TradingCost]]) -> str:
    """Which orders are too large for what is traded, in one sentence or two."""
    is_assumed = any(cost.liquidity.is_volume_assumed for _, cost in refused)
    if len(refused) == 1:
        ((trade, cost),) = refused
        assumed = " (assumed; state its volume if you know better)" if is_assumed else ""
        return (
            f"Too large: {_count(trade.contract, trade.lots)} is ${trade.notional:,.0f}, more than {MOST_SHARE:.0%} "
            f"of the ${cost.venue_volume:,.0f} that it trades per day{assumed}."
        )
    each = [
        f"{_count(trade.contract, trade.lots)} is ${trade.notional:,.0f} of ${cost.venue_volume:,.0f}"
        for trade, cost in refused
    ]
    assumed = " Some volumes are assumed; state them if you know better." if is_assumed else ""
    return f"Too large, more than {MOST_SHARE:.0%} of what is traded per day: {listed(each)}.{assumed}"


def _would_pass(fewer: Mapping[Contract, int]) -> Iterator[str]:
    """Which counts (lots) would pass instead of those refused, and of which contracts none would."""
    if counts := ", ".join(_count(contract, lots) for contract, lots in fewer.items() if lots):
        yield f"These counts would pass: {counts}."
    if none := [contract.code for contract, lots in fewer.items() if not lots]:
        yield f"None of {listed(none)} would pass."


def _most_lots(trade: PlannedTrade, cost: TradingCost) -> int:
    """The lots of the trade, or as many as would not be refused; 0 if these are below the venue's smallest order."""
    if not cost.liquidity.says_how_much:
        return trade.lots
    most = min(trade.lots, int(MOST_SHARE * cost.venue_volume / trade.contract.lot_notional(trade.spot)))
    return most if trade.is_reducing or most >= trade.contract.minimum_lots else 0


def _below_minimum(trade: PlannedTrade, order: Order) -> str:
    """Why the venue would refuse the order as too small, or ''. A closing order may be of any size."""
    contract = trade.contract
    if trade.is_reducing or (trade.lots >= contract.minimum_lots and order.notional >= contract.minimum_notional):
        return ""
    in_money = f"${contract.minimum_notional:,.0f}"
    least = in_money if contract.minimum_notional else _count(contract, contract.minimum_lots)
    return f"Left out: {_count(contract, trade.lots)} is below the venue's smallest order of {least}."


def _count(contract: Contract, lots: int) -> str:
    """Lots of a contract in the units of its order form, as in the orders themselves."""
    return f"{contract.quantity_text(lots)} × {contract.code}"


def _contract_size_text(contract: Contract) -> str:
    size = plain_number(contract.contract_size, thousands=True)
    return f"${size} of {contract.underlying}" if contract.size_in_usd else f"{size} {contract.underlying}"
