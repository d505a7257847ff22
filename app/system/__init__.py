# SPDX-License-Identifier: Apache-2.0
"""What we ask of the operating system: child processes and ports."""
