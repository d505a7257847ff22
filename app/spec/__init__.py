# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI documents: bundled, checked, and turned into what the engine needs."""
