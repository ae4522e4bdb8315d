"""For other addons: ``ai_callback`` marks a method that answers may be given to."""

from .models.base.ai_callback import ai_callback

__all__ = ["ai_callback"]
