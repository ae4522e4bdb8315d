"""Calls that may wait: when they leave, when their vendor is asked, when a callback is tried again."""
