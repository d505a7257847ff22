"""Hostile inputs by what they are about."""
