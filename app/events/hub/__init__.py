# SPDX-License-Identifier: Apache-2.0
"""Hubs (TMF630 part 1): registrations of listeners, their queries, credentials and status."""
