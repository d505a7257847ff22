"""Views: how a version of an API sees the stored document, and what mapping tables are made of."""
