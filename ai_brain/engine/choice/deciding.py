"""Who decides which provider is asked: the first of these that has something to say.

A budget's block and its switch stand above all of them; they come when the call is reserved.

>>> in_order(["router", "configured", "experiment"])
['experiment', 'router', 'configured']
"""

#: Codes of ``engine.ledger.reasons``, the first that applies.
ORDER = (
    "mode",  # the call's own passthrough
    "holdout",  # what is saved is measured on it
    "trial",  # of an agent, whose calls no experiment splits
    "experiment",
    "type",  # the message type's provider
    "first",  # a person's first calls to an agent
    "router",  # the call's mode, or the agent's
    "agent",  # the agent's provider
    "recommendation",  # the provider's own flags
    "configured",
)
#: Where a claim stands whose reason another addon brought.
OTHERS = ORDER.index("router")


def in_order(claims, reason=str):
    """Return claims, the one that decides first; equal reasons stay as they came.

    :param reason: function that tells the code of a claim's reason
    """

    def place(claim):
        code = reason(claim)
        return (ORDER.index(code), 0) if code in ORDER else (OTHERS, -1)

    return sorted(claims, key=place)
