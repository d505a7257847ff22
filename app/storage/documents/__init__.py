# SPDX-License-Identifier: Apache-2.0
"""Documents in MongoDB: written with their outbox in one write, read, filtered, sorted, counted."""
