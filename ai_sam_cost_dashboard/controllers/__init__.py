from . import ask_ai
