# SPDX-License-Identifier: Apache-2.0
"""Mapping between API versions: how a version sees the stored document, and what mapping tables are made of."""
