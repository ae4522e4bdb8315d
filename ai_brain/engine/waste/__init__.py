"""Where a call spent tokens that it did not need: the rules, and what they read and return."""

from .analysis import RULES, analyze
from .context import ENOUGH_CALLS
from .kept import keep_exchange, read_exchange
from .repeat import NEAR_WINDOW_S, slack
from .rule import Rule
from .types import Cheaper, Earlier, Exchange, Finding, History, Later, Report, read_report
from .waiting import CODE

__all__ = [
    "CODE",
    "ENOUGH_CALLS",
    "NEAR_WINDOW_S",
    "RULES",
    "Cheaper",
    "Earlier",
    "Exchange",
    "Finding",
    "History",
    "Later",
    "Report",
    "Rule",
    "analyze",
    "keep_exchange",
    "read_exchange",
    "read_report",
    "slack",
]
