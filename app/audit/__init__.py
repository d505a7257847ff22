"""The event log for people and other systems: the history of one resource, and everything in lines."""
