"""The size page: legs, margin, costs, venues."""
