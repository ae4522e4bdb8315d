"""What is sent: only the tools that are needed, prompts and their variants, long threads kept
short, vendors' prompt caches.
It uses: base, agent.
"""

from . import (
    ai_agent,
    figures_step,
    vendor_cache_figures,
    vendor_cache_step,
)
