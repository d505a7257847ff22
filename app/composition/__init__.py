# SPDX-License-Identifier: Apache-2.0
"""The composition root: puts APIs, resources, hubs, topics, relay and processes of a server together."""
