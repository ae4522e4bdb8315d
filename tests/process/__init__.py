"""Tests against running server processes; see tests/harness."""
