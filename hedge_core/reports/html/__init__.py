"""The plan as one HTML file."""
