"""Kinds of waste in words.

>>> [str(said) for said in reasons(["wrong_model", "duplicate_query"])]
['a dearer model than needed', 'asked again']
"""

from ..base.sentence import Sentence, _lt, declare

declare(
    {
        "waste.reason.duplicate_query": _lt("asked again"),
        "waste.reason.redundant_context": _lt("context blocks that were not used"),
        "waste.reason.unnecessary_history": _lt("old messages that were not needed"),
        "waste.reason.oversized_context": _lt("far more context than usual"),
        "waste.reason.broken_prefix": _lt("a beginning that no cache can keep"),
        "waste.reason.wrong_model": _lt("a dearer model than needed"),
        "waste.reason.could_wait": _lt("full price although nobody waited"),
    }
)


def reasons(types):
    """A ``Sentence`` for each type of finding; one that another addon adds declares
    ``waste.reason.<type>`` itself, else its type is told."""
    return [Sentence(f"waste.reason.{name}") for name in types]
