"""Profit and loss under a move, or in a crash of the past."""
