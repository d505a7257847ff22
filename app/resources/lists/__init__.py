# SPDX-License-Identifier: Apache-2.0
"""Lists: the stored documents that a query asks for, in its order, page by page."""
