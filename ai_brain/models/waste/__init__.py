"""Tokens that a call did not need: its text is searched while it is in memory.
The rules are the engine's; here is what they are given and what is kept of them.
It uses: base, price, ledger, choice.
"""

from . import analyze, histories, usage_waste, waste_step
