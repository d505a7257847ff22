"""Deliveries of notifications to listeners: in order, with retries, signed, to allowed addresses alone."""
