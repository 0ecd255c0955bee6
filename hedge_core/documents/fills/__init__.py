"""Tables of fills as exchanges export them."""
