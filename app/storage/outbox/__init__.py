# SPDX-License-Identifier: Apache-2.0
"""The transactional outbox: changes that wait in the row that they changed, or in a tombstone."""
