"""Periods, limits, forecast and unusual spend."""
