"""A plan as a link, optionally with the prices and betas that it was computed from."""
