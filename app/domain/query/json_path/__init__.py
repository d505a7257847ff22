# SPDX-License-Identifier: Apache-2.0
"""JSONPath (RFC 9535) as TMF630 part 6 uses it: its grammar, and its translation into predicates of filters."""
