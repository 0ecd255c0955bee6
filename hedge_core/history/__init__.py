"""What the past says: hedges, rules and signals tried on it."""
