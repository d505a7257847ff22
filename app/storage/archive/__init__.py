# SPDX-License-Identifier: Apache-2.0
"""The archive: sealed bundles of documents that are no longer live, in one of several stores."""
