# SPDX-License-Identifier: Apache-2.0
"""TMF688 Event Management: topics, the events of each in the log, and topics that clients create."""
