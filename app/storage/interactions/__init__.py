# SPDX-License-Identifier: Apache-2.0
"""What interaction management keeps beside the interactions."""
