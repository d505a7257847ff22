# SPDX-License-Identifier: Apache-2.0
"""Import and export of resources as files: imports can be resumed, exports take constant memory."""
