"""What several pages draw: inputs, tables, numbers as text, and the fragments of a page."""
