"""The ledger: one row a call, written once; kinds of answer, ratings, retention of texts.
Nothing here is changed after it was billed; corrections are rows of their own.
It uses: base, price.
"""

from . import ai_token_usage, ai_usage_rating, arithmetic, loose_links
