"""Fills and funding payments from the CSV files that exchanges export."""
