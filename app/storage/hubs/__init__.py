# SPDX-License-Identifier: Apache-2.0
"""Stored registrations at hubs, topics of clients, and the encrypted secrets of listeners."""
