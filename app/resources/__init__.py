# SPDX-License-Identifier: Apache-2.0
"""Resources of any API: the engine (create, get, list, patch, delete), bulk creates, references, history."""
