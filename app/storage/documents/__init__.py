# SPDX-License-Identifier: Apache-2.0
"""Documents and their rows: written, read, filtered, ordered, counted, with the outbox in the same write."""
