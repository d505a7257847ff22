# SPDX-License-Identifier: Apache-2.0
"""Request and response headers, each in a file of its own."""
