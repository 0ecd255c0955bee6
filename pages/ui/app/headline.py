"""What leads the page of a plan, from its assessment alone: the figures of the top line, and the plan in two sentences.

The app draws them, and the server puts them as text into the document of a link (see `first_answer`), so they ask
nothing of a session. Once fills are entered, they speak of what is filled.
"""

from __future__ import annotations

from typing import NamedTuple

from hedge_core import HedgeAssessment, HedgeError, MarketSnapshot
from hedge_core.hedge.months import net_by_month, uncounted_roll
from hedge_core.monitoring.filled import as_filled, filled_hedge
from hedge_core.reports.answer import answer, level
from hedge_core.text import UNKNOWN, percent
from pages.ui.parts.as_filled import shown
from pages.ui.parts.format import md
from pages.ui.parts.lead import Lead
from pages.ui.session import currency


class Figure(NamedTuple):
    """One figure of the line: its key, label, value, what it means (Markdown), and the name of its derivation."""

    key: str
    label: str
    value: str
    help: str
    derivation: str


class Hedge(NamedTuple):
    """The hedge ratio and the rally survived that the line shows, the rally in words, and whose they are."""

    ratio: float | None
    rally: float | None
    rally_text: str
    whose: str


class Badge(NamedTuple):
    """Where prices come from, as a badge: its colour, the name of its icon ('' for none), its words."""

    colour: str
    icon: str
    words: str

    @property
    def markdown(self) -> str:
        """The badge as Streamlit draws it."""
        icon = f":material/{self.icon}: " if self.icon else ""
        return f":{self.colour}-badge[{icon}{self.words}]"


def lead(result: HedgeAssessment, *, is_hidden: bool) -> Lead:
    """The plan in two sentences. A link without amounts (`is_hidden`) is about a bag of $100, and states no cash."""
    said = answer(shown(result), cents=is_hidden, rate=currency.shown(result))
    return Lead(said.lead, (said.months if is_hidden else said.terms) or result.plan.name)


def figures(result: HedgeAssessment, hedge: Hedge, *, is_hidden: bool) -> tuple[Figure, ...]:
    """Bag, hedged, liquidated at, net per month: of what is filled, or of the plan before there are fills."""
    filled = as_filled(result)
    held = result if filled is None else filled.assessment
    net = net_by_month(held)
    rate = currency.shown(result)
    return (
        Figure("bag", "Bag", rate.amount(result.bag_value), "Everything you hold, at today's prices.", "Bag"),
        Figure(
            "hedged",
            "Hedged",
            f"{percent(hedge.ratio)} (target {result.hedge_ratio:.0%})",
            f"{hedge.whose}How much of the bag's expected move the short offsets.",
            "Hedged",
        ),
        Figure(
            "liquidated",
            "Liquidated at",
            hedge.rally_text,
            f"{hedge.whose}The rise of the market (half Bitcoin, half Ether) at which the short is closed. A dash: "
            "nothing is short, or no cash is entered on the Risk page.",
            "Survives a rally of",
        ),
        Figure(
            "net",
            "Net per month",
            UNKNOWN if net is None else rate.signed(net.later, cents=is_hidden),
            f"{'' if filled is None or filled.why else 'Of what is filled. '}"
            "What the short earns less rolls and the cost of cash; plus is money to you. "
            + (f"{md(uncounted_roll(held))} " if net is not None else "")
            + (
                ""
                if net is None or filled is not None
                else md(f"First month, with the cost of opening: {rate.signed(net.first, cents=is_hidden)}.")
            ),
            "Net per month",
        ),
    )


def hedge_of(result: HedgeAssessment, *, is_hidden: bool) -> Hedge:
    """Of what is filled, else of the plan."""
    planned = result.achieved_hedge_ratio, result.market_rally_survived
    try:
        filled = filled_hedge(result)
    except HedgeError:  # the Monitor page says what is wrong with the fills
        return Hedge(None, None, UNKNOWN, "Your fills cannot be worked out: see the Monitor page. ")
    if filled is not None:
        words = f"Of what is filled; planned: {percent(planned[0])}, liquidated at {level(planned[1])}. "
        held = as_filled(result)  # the sentence below the line and the Size page speak of its level
        rally = filled.rally_survived if held is None or held.why else held.assessment.market_rally_survived
        return Hedge(filled.achieved_hedge_ratio, rally, level(rally), words)
    return Hedge(*planned, _level_text(result, is_hidden=is_hidden), "")


def _level_text(result: HedgeAssessment, *, is_hidden: bool) -> str:
    """The liquidation level; a link without amounts states no cash, and that is no omission of its reader."""
    margin = result.margin
    if margin.notional and margin.collateral is None and not is_hidden:
        return "no cash set"
    return level(result.market_rally_survived)


def link_badge(market: MarketSnapshot) -> Badge:
    """The badge of a pinned link."""
    return Badge("blue", "link", f"Link of {market.as_of:%d %b %Y}")


def simulated_badge(result: HedgeAssessment) -> Badge:
    """The badge of prices that are not real."""
    return Badge("orange", "science", "PRACTICE PRICES" if result.is_practice else "Simulated prices")


TYPED_BADGE = Badge("blue", "edit", "Prices typed by you")
FROM_A_LINK = Badge("blue", "link", "From a link")
SIMULATED_LINK = Badge("orange", "", "simulated prices")


def link_sentence(market: MarketSnapshot, *, is_hidden: bool) -> str:
    """What the numbers of a pinned link rest on, as plain text."""
    hidden = " Amounts are hidden: everything is for a bag of $100." if is_hidden else ""
    return (
        f"Prices, betas and costs are those of {market.as_of:%d %b %Y, %H:%M} UTC.{hidden} "
        "Tests on past days need today's prices."
    )
