from . import ai_cost_demo, calls
