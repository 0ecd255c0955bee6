"""The monitor page: today, position, exit rules."""
