"""Whose models the catalogue holds, and which of their models it leaves out."""

import re

# id in genai-prices: (name, wire format, base URL, prefixes of the vendor's models in LiteLLM,
# LiteLLM's names of the vendor)
VENDORS = {
    "anthropic": ("Anthropic", "anthropic", "https://api.anthropic.com", ("",), ("anthropic",)),
    "azure": ("Azure OpenAI", "openai", "", ("azure/", "azure_ai/"), ("azure", "azure_ai")),
    "cerebras": (
        "Cerebras",
        "openai",
        "https://api.cerebras.ai/v1",
        ("cerebras/",),
        ("cerebras",),
    ),
    "cohere": (
        "Cohere",
        "openai",
        "https://api.cohere.ai/compatibility/v1",
        ("", "cohere/"),
        ("cohere", "cohere_chat"),
    ),
    "deepseek": (
        "DeepSeek",
        "openai",
        "https://api.deepseek.com",
        ("deepseek/", ""),
        ("deepseek",),
    ),
    "fireworks": (
        "Fireworks AI",
        "openai",
        "https://api.fireworks.ai/inference/v1",
        ("fireworks_ai/",),
        ("fireworks_ai", "fireworks_ai-embedding-models"),
    ),
    "google": (
        "Google Gemini",
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        ("gemini/",),
        ("gemini",),
    ),
    "groq": ("Groq", "openai", "https://api.groq.com/openai/v1", ("groq/",), ("groq",)),
    "mistral": ("Mistral AI", "openai", "https://api.mistral.ai/v1", ("mistral/",), ("mistral",)),
    "moonshotai": (
        "Moonshot AI",
        "openai",
        "https://api.moonshot.ai/v1",
        ("moonshot/",),
        ("moonshot",),
    ),
    "openai": ("OpenAI", "openai", "https://api.openai.com/v1", ("", "openai/"), ("openai",)),
    "openrouter": (
        "OpenRouter",
        "openai",
        "https://openrouter.ai/api/v1",
        ("openrouter/",),
        ("openrouter",),
    ),
    "together": (
        "Together AI",
        "openai",
        "https://api.together.xyz/v1",
        ("together_ai/",),
        ("together_ai",),
    ),
    "x-ai": ("xAI", "openai", "https://api.x.ai/v1", ("xai/",), ("xai",)),
}
# Media that a vendor's price page bills at the rate of text where it names no other rate
# (each vendor's price page, November 2026).
AS_TEXT = {
    "azure": ["input_image"],
    "google": ["input_image", "input_video"],
    "openai": ["input_image"],
    "x-ai": ["input_audio", "input_image"],
}
# Who sells at another's prices what has none of its own.
FOLLOWS = {"azure": "openai"}
# Sonnet 4 took a million tokens once, at twice the price above 200,000; today it is out of use,
# and the lists have its short price alone:
# https://platform.claude.com/docs/en/api/service-tiers ("long-context requests")
NO_PRICE_ABOVE = {"anthropic": 200_000}
# xAI billed a request of more than 128,000 tokens at twice the price while these were its models
# (https://docs.x.ai/docs/models, "higher context pricing"; LiteLLM 1.90 had the figures): today's
# lists have the short price alone, if any.
DEARER_ABOVE = {
    "x-ai": (re.compile(r"grok-4(-latest|-0709|(-1)?-fast.*)?"), 128_000, 2),
}
# Services that cost what the plain one does: Groq's flex, on all models
# (https://console.groq.com/docs/flex-processing: "pricing matches the on-demand tier").
SAME_PRICE = {"groq": ("flex",)}
# DeepSeek's peak hours, at twice the price of the others (https://api-docs.deepseek.com/updates
# and /quick_start/pricing): since when there are such, since when weekends have none, and China's
# public holidays on working days, which have none either (notice of the State Council's office of
# 4 November 2025; that of 2027 is to be added).
HOURS_SINCE = {"deepseek": "2026-08-17"}
WORKING_DAYS_SINCE = {"deepseek": "2026-08-23"}
HOLIDAYS = {
    "deepseek": [
        "2026-09-25",
        "2026-10-01",
        "2026-10-02",
        "2026-10-05",
        "2026-10-06",
        "2026-10-07",
    ]
}
VARIES = "on China's public holidays from 2027 on: they are off peak, and not known to this list"

# Billed by more than tokens, or not reached by chat completions and embeddings.
OTHER_MEDIA = re.compile(
    r"realtime|transcribe|tts|whisper|moderation|computer-use|search|live|voxtral|-image"
    r"|vision-preview|deep-research|robotics|veo|imagen|lyria|sora|dall-e|guard|rerank|ocr"
    r"|native-audio|:batch|:flex",
    re.IGNORECASE,
)
NO_CHAT = re.compile(r"(^|-)(ada|babbage|curie|davinci)(-|$)|-instruct-?0?9?1?4?$|\.ft-")
REACHED = ("chat", "embedding")
EMBEDDING = re.compile(r"embed", re.IGNORECASE)
