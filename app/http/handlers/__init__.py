# SPDX-License-Identifier: Apache-2.0
"""What answers a routed request: resources, hubs, topics and pages, and how bodies and lists are read and told."""
