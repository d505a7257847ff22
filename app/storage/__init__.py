# SPDX-License-Identifier: Apache-2.0
"""Keeps documents in MongoDB. Nothing above this package knows the driver."""
