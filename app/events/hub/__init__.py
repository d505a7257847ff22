"""Hubs: registrations of listeners, what they filter by, and how they fare."""
