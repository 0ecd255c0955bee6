"""Order tickets: what to enter at a venue, as values, words and files."""
