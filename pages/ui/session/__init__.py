"""What one browser session holds: the plan, its prices, its address, the changes to undo."""
