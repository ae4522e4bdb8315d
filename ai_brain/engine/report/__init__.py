"""Periods and quotients of what is shown."""
