"""Text that would do something if it were taken for markup, and a plan with such text wherever a plan takes text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from hedge_core import HedgePlan, Holding, load_plan
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.entry_rules import ByHand
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.plan.plan import JournalEntry
from hedge_core.plan.pledges import Pledge
from hedge_core.plan.rules import Catalyst

EXAMPLES = Path(__file__).parents[2] / "examples"

HOSTILE = (
    "![i](http://evil.example/) <img src=x> $zq^2$ :material/rocket: www.evil.example @everyone **zq** \x1b[31m\u202e"
)
"""An image, a tag, a formula, an icon, a link, a mention, bold, an escape sequence and a reversed direction."""

MARKUP = (
    "![i](http://evil.example/i) <img src=x> $zq^2$ :material/rocket: www.evil.example x@evil.example **zq**",
    "a $b$ c $$d$$ \\(e\\)",
    ":smile: :100: :+1: :streamlit: :red[x] :red-badge[y]",
    "http://evil.example/x https://evil.example HTTP://EVIL.EXAMPLE",
    "WWW.EVIL.IO (www.evil.io) a_www.evil.io",
    "- a\n- b\n1. c\n2) d\n# e\n=====\nf\n---\n    code\n> g",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "[^1] [x]: http://evil.example [x]",
    "`code` ~~x~~ ||y|| *z* __w__",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
    "&lt;b&gt; &#91; &amp; <b>x</b> <https://evil.example>",
    "mailto:x@evil.example xmpp:x@evil.example ftp://evil.example",
    "http\\://evil.example \\www.evil.example trailing \\",
    "14:05:33 UTC, 1.5 and -3",
)
"""Everything that Streamlit's reader of markdown acts upon."""

NAME = "X $zq$ www.evil.example"
"""The worst name that a contract may have."""

COIN = "WWW.EVIL.IO"
"""A coin symbol that is also an address."""

LIVE = ("](http", "<img", "://evil", "www.evil", "WWW.EVIL", "$zq", ":material/rocket", "**zq", "\x1b", "\u202e")
"""Parts of them; where one of these reaches a reader of markup, the text has become more than text."""


def taken_for_markup(text: str) -> list[str]:
    """The parts of hostile text in `text` that a reader of markdown would act upon: those without a backslash."""
    return [part for part in LIVE if re.search(rf"(?<!\\){re.escape(part)}", text)]


def hostile_plan() -> HedgePlan:
    """A plan that can be worked out, on a contract of the user's own, with hostile text in every other field."""
    plan = load_plan(EXAMPLES / "layer1_bag.json")
    own = CustomContract(code=NAME, underlying="ETH", coins=0.1)
    contract = own.contract().id
    at = datetime(2026, 1, 20, 12, tzinfo=UTC)
    coins = (Holding(coin=COIN, quantity=5.0), Holding(coin=COIN, quantity=5.0, role="speculative", stop_loss=0.1))
    noted = tuple(replace(holding, note=HOSTILE) for holding in (*plan.holdings, *coins))
    return (
        replace(plan, name=HOSTILE, notes=f"{HOSTILE}\n# zq\n- zq\n1. zq\n    zq\n{HOSTILE}", holdings=noted)
        .with_overrides(contracts=(own,), contract_choice={"ETH": contract}, prices={COIN: 100.0}, lots={contract: 4})
        .with_decisions(collateral=10_000.0, pledges={COIN: Pledge(share=0.5)})
        .with_execution(
            fills=(
                Fill(
                    at=at,
                    contract=contract,
                    side="sell",
                    contracts=3,
                    price=3_000.0,
                    note=HOSTILE,
                    trade_id=HOSTILE[:64],
                ),
            ),
            payments=(FundingPayment(at=at, contract=contract, amount=1.0),),
            journal=(JournalEntry(day=date(2026, 1, 20), text=HOSTILE),),
        )
        .with_watch(
            exit_rules=(Catalyst(event=HOSTILE, share=0.5), Catalyst(event=HOSTILE, has_happened=True)),
            events=(CalendarEvent(day=date(2026, 2, 10), title=HOSTILE[:120], note=HOSTILE),),
            entry_rules=(ByHand(event=HOSTILE), ByHand(event=HOSTILE, has_happened=True)),
            checked=("zq **zq** www.evil.example",),
        )
    )
