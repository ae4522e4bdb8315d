from . import ai_brain_probe
