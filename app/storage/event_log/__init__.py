# SPDX-License-Identifier: Apache-2.0
"""The event log: one chain of entries, appended under a lease, queried, verified, and ended by retention."""
