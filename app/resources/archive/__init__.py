# SPDX-License-Identifier: Apache-2.0
"""What leaves for the archive, and comes back: a subject, such as a customer, with its roles and records."""
