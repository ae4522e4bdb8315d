"""What is sent: only the tools that are needed, prompts and their variants, long threads kept
short, vendors' prompt caches.
It uses: base.
"""

from . import figures_step
