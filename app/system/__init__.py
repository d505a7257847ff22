# SPDX-License-Identifier: Apache-2.0
"""The operating system: processes, ports, files, memory."""
