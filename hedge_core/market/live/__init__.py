"""Prices from exchanges: asked for, checked, kept, and put together as one snapshot."""
