"""The scenarios page: its inputs and its views."""
