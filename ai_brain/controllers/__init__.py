from . import figures, gateway, text_generator
