"""The proxy page: choices and evidence."""
