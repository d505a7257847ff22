# SPDX-License-Identifier: Apache-2.0
"""Lists (TMF630 part 1): filters, sort orders and pages, translated from views to stored documents."""
