from . import text_generator
