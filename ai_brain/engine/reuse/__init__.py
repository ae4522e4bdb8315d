"""Answers that cost nothing: which message is a pattern's, which question was asked before."""
