"""What leads each page of a plan that has just been opened, by the page: before anybody has touched an input.

The rooms of the pages say it, from the assessment alone. The server asks here for the words of a link (see
`first_answer`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.history.backtest import own_hedge_alone
from hedge_core.monitoring.daily_check import MonitorReport, check
from pages.ui.app import first_words, headline, navigation
from pages.ui.bag import lead as bag
from pages.ui.monitor import lead as monitor
from pages.ui.parts import as_filled
from pages.ui.parts.lead import Lead
from pages.ui.proxy import lead as proxy
from pages.ui.risk import lead as risk
from pages.ui.scenarios import one_move
from pages.ui.size import lead as size


def of(page: str, result: HedgeAssessment, *, is_hidden: bool) -> Lead:
    """What leads the page. Raises HedgeError where it cannot be worked out, and the page says why."""
    return headline.lead(result, is_hidden=is_hidden) if page == "plan" else _LEADS[page](result)


def _of_scenarios(result: HedgeAssessment) -> Lead:
    if not result.legs:
        return Lead(navigation.QUESTIONS["scenarios"])
    return one_move.at_first(as_filled.shown(result))


def _report(result: HedgeAssessment) -> MonitorReport | None:
    try:
        return check(result, now=datetime.now(UTC))
    except HedgeError:
        return None


_LEADS: Mapping[str, Callable[[HedgeAssessment], Lead]] = {
    "bag": bag.lead,
    "risk": risk.lead,
    "proxy": lambda result: proxy.lead(result, own_hedge_alone),
    "size": size.lead,
    "scenarios": _of_scenarios,
    "monitor": lambda result: monitor.lead(result, _report(result)),
    "guide": lambda _: first_words.GUIDE,
}
