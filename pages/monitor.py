"""Step 6: the hedge as it runs: what to do, what is filled, the rules for opening and closing."""

from hedge_core import HedgeAssessment
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.monitor import fills, folds, position, rules, today
from pages.ui.monitor.lead import lead
from pages.ui.parts import view_choice


def draw_today(result: HedgeAssessment) -> None:
    """What to do, the orders to tick, and the rest folded."""
    today.draw(result)
    fills.draw(result)
    folds.draw(result)


VIEWS = {"Today": draw_today, "Position": position.draw, "Rules": rules.draw}

shell.guard()
result = gate.open_page(navigation.QUESTIONS["monitor"], lambda found: lead(found, today.looked_at(found)))

view_choice.draw("monitor_view", VIEWS, result)
progress.draw_next("monitor")
