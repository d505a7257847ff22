# SPDX-License-Identifier: Apache-2.0
"""The media types of bodies: JSON, and the kinds of patch (RFC 7396, RFC 6902, TMF630 parts 5 and 6)."""

JSON = "application/json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
JSON_PATCH_QUERY = "application/json-patch-query+json"
