"""Wire formats: ChatRequest -> HTTP -> ChatResponse. Imports nothing of Odoo."""

from . import errors
from .anthropic import AnthropicWire
from .base import (
    CallPiece,
    ChatRequest,
    ChatResponse,
    ChatStream,
    EmbeddingRequest,
    EmbeddingResponse,
    Endpoint,
    SpeechRequest,
    ThoughtPiece,
    Transcript,
    WireFormat,
    get_wire,
    register_wire,
)
from .batch import BatchItem, BatchLimits, BatchState
from .gemini import GeminiWire
from .openai import OpenAIWire
from .sandbox import SandboxWire

for _wire in (OpenAIWire(), AnthropicWire(), GeminiWire(), SandboxWire()):
    register_wire(_wire)
