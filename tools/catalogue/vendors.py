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
# DeepSeek bills weekends off peak since then, and holidays in China, which no list dates:
# https://github.com/pydantic/genai-prices/issues/582
WORKING_DAYS_SINCE = {"deepseek": "2026-08-23"}
HOLIDAYS = "on China's public holidays: they are off peak, and given at the price of other days"

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
