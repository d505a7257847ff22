# SPDX-License-Identifier: Apache-2.0
"""What puts a server together: the resources of each API version, hubs, topics and the relay, its processes."""
