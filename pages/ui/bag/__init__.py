"""The bag page: the table and the import."""
