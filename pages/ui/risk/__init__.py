"""The risk page: when to hedge."""
