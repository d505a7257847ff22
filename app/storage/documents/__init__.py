"""Documents and their rows: written, read, filtered, ordered, counted, with the outbox in the same write."""
