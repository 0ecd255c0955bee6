"""A running hedge: its position, what to do about it, and whom to tell."""
