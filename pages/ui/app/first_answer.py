"""The first words of a plan that the address carries, as HTML: its top line and what leads the page.

A slow phone takes seconds to start the app. Until then it shows these, where the app will draw the same from the same
functions (`headline`, `leads`). They are made only where the page shows them at once and unchanged: on the prices of
the link, on the sample or on typed prices, and where nothing but the link's own line stands above the heading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hedge_core.errors import HedgeError
from pages.ui.app import first_words, navigation, warm
from pages.ui.app.first_words import text

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment, MarketSnapshot
    from hedge_core.documents.link.link import Shared
    from pages.ui.app.headline import Badge

LONGEST = 2_000
"""Characters of the longest text that is worked out; the app writes no longer ones (see `link.LONGEST`)."""


class _Opened(NamedTuple):
    """A link's content, worked out."""

    shared: Shared
    result: HedgeAssessment


def html(page: str, link: str) -> str:
    """The words of the plan in a link's text on a page; '' where there are none, and the app says what there is to say.

    `page` is the address of the page: '' for the plan's own.

    Nothing of a fresh process waits here: until the core is imported there are no words.
    """
    if len(link) > LONGEST or not warm.import_core.is_made:
        return ""
    try:
        opened = _opened(link)
        stem = page or navigation.START
        return "" if opened is None else first_words.framed(_content(stem, opened), stem, is_of_plan=True)
    except HedgeError:
        return ""


def _opened(link: str) -> _Opened | None:
    """The plan on the market that the page will use, or None where it is not at hand, or takes long.

    Raises HedgeError for what is no link, and for a plan that cannot be worked out.
    """
    from hedge_core.documents.link.link import decode
    from hedge_core.documents.link.pin import pinned_market
    from hedge_core.hedge import since_saved
    from hedge_core.hedge.planner import LEFT_OUT, assess_priced
    from pages.ui.session import prices, worked_out

    shared = decode(link)
    plan = shared.plan
    if not plan.holdings or worked_out.takes_long(plan):
        return None
    evidence = None
    market: MarketSnapshot
    if shared.pin is not None:
        market = pinned_market(shared.pin)
    elif plan.market == prices.TYPED:
        market = prices.typed_market()
    elif plan.market == prices.SAMPLE:
        market, evidence = prices.sample_market(), worked_out.sample_evidence(plan.decisions.window_days)
        if evidence is None:
            return None
    else:
        return None
    result = assess_priced(plan, market, evidence)
    above = {since_saved.CODE, LEFT_OUT}
    return None if any(notice.code in above for notice in result.notices) else _Opened(shared, result)


def _content(stem: str, opened: _Opened) -> str:
    from pages.ui.app import headline, leads
    from pages.ui.session import currency

    shared, result = opened
    market, is_hidden = result.market, shared.is_hidden
    figures = headline.figures(result, headline.hedge_of(result, is_hidden=is_hidden), is_hidden=is_hidden)
    line = "".join(f"<div><span>{text(one.label)}</span><b>{text(one.value)}</b></div>" for one in figures)
    notes = ""
    if said := currency.note(result):
        notes += f"<small>{text(said)}</small>"
    if shared.pin is not None:
        badge = headline.link_badge(market)
        from_a_link = _badge(headline.FROM_A_LINK)
        simulated = f" {_badge(headline.SIMULATED_LINK)}" if market.simulated else ""
        sentence = text(headline.link_sentence(market, is_hidden=is_hidden))
        notes += f"<div><p>{from_a_link}{simulated} {sentence}</p><i></i></div>"
    elif market.simulated:
        badge = headline.simulated_badge(result)
    else:
        badge = headline.TYPED_BADGE
    lead = first_words.of(leads.of(stem, result, is_hidden=is_hidden))
    return f"<section>{line}<p>{_badge(badge)}</p></section>{notes}<nav></nav>{lead}"


def _badge(badge: Badge) -> str:
    icon = "<i></i> " if badge.icon else ""
    return f'<mark class="{badge.colour}">{icon}{text(badge.words)}</mark>'
