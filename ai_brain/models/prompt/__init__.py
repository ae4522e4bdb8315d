"""What is sent: only the tools that are needed, prompts and their variants, long threads kept
short, vendors' prompt caches.
It uses: base, agent.
"""

from . import (
    ai_agent,
    ai_agent_threads,
    ai_agent_tools,
    ai_thread_summary,
    figures_step,
    needed_tools_step,
    threads_step,
    vendor_cache_figures,
    vendor_cache_step,
)
