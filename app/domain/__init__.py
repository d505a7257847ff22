"""The rules of parties, customers and interactions: plain functions on plain dicts."""
