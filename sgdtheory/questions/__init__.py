"""One file a question: what a user calls, and the type of the answer."""
