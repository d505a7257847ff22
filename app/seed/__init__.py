# SPDX-License-Identifier: Apache-2.0
"""Generated data: a believable operator's customers as v4 request bodies, for demonstrations and measurements."""
