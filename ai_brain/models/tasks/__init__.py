"""What is asked of models besides chat: vectors of texts (embeddings), and the text of recordings.
Both go through the spine of the calls (``call``), as a ``Job``.
It uses: base, price, ledger, call.
"""

from . import embed, task_step, task_wording, transcribe
