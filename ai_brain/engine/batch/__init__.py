"""Calls that may wait: several like questions in one call, each with its exact share of the bill."""
