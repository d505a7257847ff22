# SPDX-License-Identifier: Apache-2.0
"""Audit: the event log for people and other systems, as the history of a resource and as lines of JSON."""
