from . import gateway, text_generator
