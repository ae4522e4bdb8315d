"""What is sent, and how many tokens it is."""

from .figures import unsupported_figures
from .needed_tools import needed_tools
from .needed_tools_cost import pays
