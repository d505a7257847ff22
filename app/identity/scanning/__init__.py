# SPDX-License-Identifier: Apache-2.0
"""The scan: all parties of the store are compared that have a blocking key in common, in several processes."""
