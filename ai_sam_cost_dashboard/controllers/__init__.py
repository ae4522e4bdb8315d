from . import ask_ai, export, new_key, what_if
