"""Lists: the stored documents that a query asks for, in its order, page by page."""
