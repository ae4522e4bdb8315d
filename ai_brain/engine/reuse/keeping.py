"""Which answers are worth keeping.

>>> may_keep("It is on the third floor.", "stop", [])
True
>>> may_keep("It is on the", "length", [])
False
>>> may_keep("I'm sorry, but I can't help with that.", "stop", [])
False
"""

from ..base.lazy import regex

#: Longer answers are not kept.
MOST_CHARS = 100_000
#: A refusal is short, and says so at its beginning.
_REFUSAL_CHARS = 400
_BEGINNING = 160
_REFUSES = regex(
    r"(?i)\b(?:i(?:'m| am)(?: really| very| so)? (?:sorry|afraid)\b.{0,40}"
    r"\b(?:can(?:'t|not)|unable|not able|won't|do not|don't)"
    r"|i (?:can(?:'t|not)|won't|am unable to|am not able to|'m unable to)"
    r" (?:help|assist|answer|provide|comply|do that|discuss|fulfil|create|generate|support|share)"
    r"|i'm (?:unable|not able|not allowed) to|(?:as|being) an ai\b"
    r"|i must decline|against my guidelines"
    r"|(?:es )?tut mir leid.{0,60}\b(?:nicht|keine?n?)\b"
    r"|(?:dabei|damit|das) kann ich (?:leider )?nicht|ich kann (?:ihnen |dir )?(?:dabei|damit|das)"
    r" (?:leider )?nicht|als ki\b|als (?:eine )?künstliche intelligenz"
    r"|je (?:suis désolée?|regrette).{0,60}\b(?:ne|n'|pas|impossible)"
    r"|je ne (?:peux|puis) pas (?:vous )?(?:aider|répondre|fournir|faire)|en tant qu'ia\b"
    r"|lo siento.{0,60}\bno\b|no puedo (?:ayudar|responder|proporcionar|hacer)|como (?:una )?ia\b)"
)


def refuses(answer):
    """Does a model say that it will not or cannot answer? Better one too many than one kept.

    >>> refuses("Es tut mir leid, dabei kann ich nicht helfen."), refuses("Sorry for the delay!")
    (True, False)
    """
    text = answer.strip().replace("’", "'")
    return len(text) <= _REFUSAL_CHARS and bool(_REFUSES.search(text[:_BEGINNING]))


def may_keep(answer, finish_reason, tool_calls):
    """Is it a whole answer, and one that says something? Tool calls have effects; what ended for
    another reason than its own end is cut, filtered or unknown."""
    if finish_reason != "stop" or tool_calls or not answer.strip():
        return False
    return len(answer) <= MOST_CHARS and not refuses(answer)
