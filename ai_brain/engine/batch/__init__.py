"""Calls that may wait: when they leave, what goes together, when a callback is tried again."""
