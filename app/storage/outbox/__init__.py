"""The transactional outbox: changes that wait in the row that they changed, or in a tombstone."""
