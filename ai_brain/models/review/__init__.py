"""Review: a share of the answers, and those that somebody doubts, wait for a person to say whether
they are right. His word is a rating like any other; how far reviewers agree is told beside it.
It uses: base, ledger, agent.
"""

from . import ai_agent, ai_answer_review, review_figures, review_queue
