"""Which provider: complexity, message types, routing gain, quality, ranking, experiments.

What callers use by the package's name is imported when first asked for.
"""

from importlib import import_module

_HOME = {
    "routing_gain": "routing",
    "difficulty_shift": "routing",
    "rating_features": "routing_ratings",
    "CompanyRatings": "routing_ratings",
    "classify": "message_types",
    "MessageType": "message_types",
    "shipped_types": "message_types",
}


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
