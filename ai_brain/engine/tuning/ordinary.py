"""Is a word an ordinary one of some language, or written so only as a name?

A vocabulary of tokens is an ordered list of what is written often. Who is called by an ordinary
word (Rose, Petit, Blanco) has it in there without a capital too, about as early; a name has not, or
much later. So no list of names is needed, and every language of the vocabulary is known.

>>> [is_ordinary(word) for word in ("price", "petit", "flores", "weiß")]
[True, True, True, True]
>>> [is_ordinary(word) for word in ("anna", "schmidt", "garcia", "achterberg")]
[False, False, False, False]
"""

import unicodedata
from functools import lru_cache

from ..prompt import vocab

#: So many times earlier than without a capital a name stands in the vocabulary. At 1.5 "rose" and
#: "claire" are words, "eva" and "hill" names; short ones (bob, kim) are not told apart at any.
EARLIER = 1.5


@lru_cache(maxsize=20_000)
def is_ordinary(word):
    """Is a word written without a capital an ordinary one? Where nothing is known, it is not."""
    word = unicodedata.normalize("NFC", word).lower()
    plain = _rank(word)
    if plain is None:
        return False
    name = _rank(word[:1].upper() + word[1:])
    return name is None or plain <= name * EARLIER


def is_written(word):
    """Is a word, as it is written, in the vocabulary at all?"""
    return _rank(word) is not None


def _rank(word):
    try:
        return vocab.load("o200k_base").encode_single_token(" " + word)
    except (KeyError, vocab.VocabularyMissing):
        return None
