# SPDX-License-Identifier: Apache-2.0
"""Handlers of routed requests: resources, lists, hubs, topics and pages."""
