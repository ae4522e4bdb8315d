"""Calls that may wait: when they leave, when they are looked after, and like ones in one call."""
