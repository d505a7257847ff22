# SPDX-License-Identifier: Apache-2.0
"""The event log for people and other systems: the history of one resource, and everything in lines."""
