# SPDX-License-Identifier: Apache-2.0
"""Makes a document of ours out of a published one: its facts without its prose, and proposals for the rest."""
