"""The event log: one chain of entries, appended under a lease, queried, verified, and ended by retention."""
