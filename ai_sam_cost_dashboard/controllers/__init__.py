from . import ask_ai, export
