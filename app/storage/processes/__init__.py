# SPDX-License-Identifier: Apache-2.0
"""Storage of processes: what the runner keeps of each flow beside its document."""
