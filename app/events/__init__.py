# SPDX-License-Identifier: Apache-2.0
"""Events, from the outbox to listeners: relay, hubs and deliveries, and topics (TMF688)."""
