"""Answers that cost nothing: patterns, kept answers, answers shared by those who ask the same at
the same time.
It uses: base.
"""
