# SPDX-License-Identifier: Apache-2.0
"""Attachments by value: bytes that come in with documents, or by themselves, are examined and kept."""
