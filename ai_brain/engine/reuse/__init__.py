"""Answers that cost nothing: which message is a pattern's, which question was asked before."""

from .same_question import canonical_key, detect, question_hash, same_question

__all__ = ["canonical_key", "detect", "question_hash", "same_question"]
