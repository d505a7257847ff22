# SPDX-License-Identifier: Apache-2.0
"""The verbs of a resource, for any API: create, get, list, patch, delete, bulk; references, guards, history."""
