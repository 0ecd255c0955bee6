"""Step 6: the hedge as it runs: alerts, position, exit rules."""

from pages.ui.app import gate, navigation, progress, shell
from pages.ui.monitor import entry_rules, exit_rules, position, thresholds, today
from pages.ui.parts import view_choice

VIEWS = {
    "Today": today.draw,
    "Position": position.draw,
    "Entry rules": entry_rules.draw,
    "Exit rules": exit_rules.draw,
    "When to warn": thresholds.draw,
}

shell.guard()
result = gate.open_page(navigation.QUESTIONS["monitor"], today.lead)

view_choice.draw("monitor_view", VIEWS, result)
progress.draw_next("monitor")
