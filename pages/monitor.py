"""Step 6: the hedge as it runs: alerts, position, exit rules."""

from pages.ui import fills_view, gate, monitor_view, paths, rules_view, shell, steps_view, thresholds_view, views

VIEWS = {
    "Today": monitor_view.draw,
    "Position": fills_view.draw,
    "Exit rules": rules_view.draw,
    "When to warn": thresholds_view.draw,
}

shell.guard()
result = gate.open_page(paths.QUESTIONS["monitor"])

views.draw("monitor_view", VIEWS, result)
steps_view.draw_next("monitor")
