"""What is sent: only the tools that are needed, prompts and their variants, long threads kept
short, vendors' prompt caches.
It uses: base, call, report, choice, agent.
"""

from . import (
    ai_agent,
    ai_agent_threads,
    ai_agent_tools,
    ai_prompt,
    ai_prompt_trial,
    ai_prompt_variant,
    ai_prompt_version,
    ai_thread_summary,
    figures_step,
    needed_tools_step,
    prompt_shorter,
    prompt_step,
    threads_step,
    vendor_cache_figures,
    vendor_cache_step,
)
