"""Who decided which provider was asked: said here once."""

#: (code, English label): the selection of the ledger's column.
REASONS = [
    ("configured", "As asked for"),
    ("mode", "The call's mode"),
    ("holdout", "Held out"),
    ("type", "Message type"),
    ("router", "Router"),
    ("trial", "Trial"),
    ("experiment", "Experiment"),
    ("first", "First messages"),
    ("agent", "Agent's provider"),
    ("recommendation", "Recommendation"),
    ("budget", "Budget's switch"),
    ("fallback", "Fallback"),
    ("returned", "Back to the one asked for"),
]
