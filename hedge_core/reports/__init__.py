"""Results for people and scripts: JSON, tickets, tables, drawings."""
