# SPDX-License-Identifier: Apache-2.0
"""The relay: moves changes from the outbox into the event log, and events from there to deliveries."""
