# SPDX-License-Identifier: Apache-2.0
"""From outbox to listeners: the relay, the event log as topics, hubs and deliveries."""
