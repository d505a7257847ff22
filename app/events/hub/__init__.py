# SPDX-License-Identifier: Apache-2.0
"""Hubs: registrations of listeners, what they filter by, and how they fare."""
