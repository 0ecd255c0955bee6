"""Daily closes from a file: a market source of the user's own."""
