"""What the holder decides, and nothing that can be computed from it."""
