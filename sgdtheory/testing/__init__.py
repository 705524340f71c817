"""For other people's test suites."""
