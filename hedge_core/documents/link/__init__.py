"""A plan in a link, with the figures that it was worked out from."""
