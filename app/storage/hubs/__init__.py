"""Listeners and topics as they are stored, and the secrets of listeners, encrypted."""
