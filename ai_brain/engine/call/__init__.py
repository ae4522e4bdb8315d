"""A call's request: what can be sent at all."""
