# SPDX-License-Identifier: Apache-2.0
"""Processes (eTOM) through TMF701: their definitions, the runner of their flows, and the policies that they follow."""
