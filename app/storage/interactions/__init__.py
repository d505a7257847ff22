# SPDX-License-Identifier: Apache-2.0
"""What interaction management keeps and reads beside the documents."""
