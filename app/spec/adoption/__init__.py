# SPDX-License-Identifier: Apache-2.0
"""Adoption: makes a document of this project from one that TM Forum has published: its facts, and proposals."""
