# SPDX-License-Identifier: Apache-2.0
"""The event log: an append-only chain of entries, linked by hashes; queries, verification and retention."""
