# SPDX-License-Identifier: Apache-2.0
"""The relay (outbox pattern): moves changes from the outbox into the event log, and events on to deliveries."""
