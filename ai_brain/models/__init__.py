# isort: off
# Along the line that the README draws: a model comes before what extends it.
from . import base
from . import price
from . import ledger
from . import budget
from . import call
from . import tasks
from . import report
from . import choice
from . import waste
from . import chat
from . import agent
from . import prompt
from . import reuse
from . import batch
from . import review
from . import tuning
from . import gateway
from . import savings
from . import metrics
