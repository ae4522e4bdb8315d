# isort: off
from . import base
from . import price
from . import ledger
from . import budget
from . import report
from . import choice
from . import waste
from . import call
from . import chat
from .report import live_notice
from .budget import call_budget
from .choice import call_advice
