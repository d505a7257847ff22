# SPDX-License-Identifier: Apache-2.0
"""HTTP in front of the resources: a request goes through server, middleware and handlers, and comes back."""
