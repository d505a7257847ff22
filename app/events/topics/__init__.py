# SPDX-License-Identifier: Apache-2.0
"""TMF688 Event Management: the event log as clients read it, topic by topic."""
