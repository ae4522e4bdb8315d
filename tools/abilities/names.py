"""Names as tables write them: which model, and how long it was allowed to think."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ai_brain"))
from engine.choice.model_family import family

# 'plain' is how the vendor's API answers when nothing is said of thinking: none for Claude and
# for GPT-5.1, 5.2 and 5.4, medium for the other reasoning models of OpenAI, as much as it likes
# (high) for Gemini. Claude's effort is high where nothing is said.
LEVELS = ("plain", "thinking", "more", "less")
_NO_THINKING = r"no[ -]?think(?:ing)?|no reasoning|non-reasoning|nothinking"
_MARKS = (
    ("thinking", r"thinking-auto(?:-\w+-effort)?"),
    ("thinking", r"thinking-\d+k(?:-(?:low|medium|high)-effort)?"),
    ("thinking", r"thinking-(?:low|medium|high)-effort"),
    ("thinking", r"(?:thinking[ -])?\d+k(?: think(?:ing)?(?: tokens)?)?"),
    ("more", r"high-?thinking"),
    ("more", r"(?:xhigh|max)(?:-effort| reasoning)?"),
    ("effort", r"high-effort"),
    ("more", r"high(?: reasoning)?"),
    ("medium", r"medium(?:-effort| reasoning)?"),
    ("less", r"(?:low|minimal)(?:-effort| reasoning)?"),
    ("thinking", r"default think"),
    ("thinking", r"(?:reasoner|reasoning|thinking)"),
    ("plain", r"(?:base|default|diff|whole|udiff|prev)"),
)
_SILENT = ("gpt-5-1", "gpt-5-2", "gpt-5-4")


def _level(key, mark):
    """What a mark means beside how that model's API answers by itself."""
    if key.startswith("claude"):
        means = {"effort": "plain", "none": "plain", "medium": "less", "more": "thinking"}
        return means.get(mark, mark)
    if key.startswith("gemini"):
        return "less" if mark == "none" else mark if mark in ("less", "thinking") else "plain"
    if key.startswith(_SILENT) and "codex" not in key:
        return {"medium": "thinking", "more": "thinking", "less": "plain"}.get(mark, "plain")
    if key.startswith(("gpt-5", "grok")) and mark == "none":
        return "less"
    return {"effort": "more", "medium": "plain", "none": "plain"}.get(mark, mark)


# Written otherwise than any name of an API.
_OTHERS = {
    "gemini-2-5": "gemini-2-5-pro",
    "gpt-4-omni": "gpt-4o",
    "claude-1": "claude",
    "claude-4-5-haiku": "claude-haiku-4-5",
    "deepseek-v3-2-chat": "deepseek-v3-2",
    "deepseek-chat-v2-5": "deepseek-v2-5",
    "llama-3-1-405b-bf16": "llama-3-1-405b",
    "mistral-large-24": "mistral-large-2402",
    "mistral-large": "mistral-large-2402",
    "codestral-22b": "codestral-2405",
    "codestral": "codestral-2405",
    "mistral-medium": "mistral-medium-2312",
    "mistral-small": "mistral-small-2409",
    "ministral-8b": "ministral-8b-2410",
    "magistral-medium": "magistral-medium-2506",
    "magistral-small": "magistral-small-2506",
}
# Words that make a name in the tables another model than the one that an API serves by it.
_NOT_SERVED = re.compile(
    r"distill-(?!llama-70b)|-base$|abliterat|\bapp\b|advanced|simpo|dpo|q4|q8|litert|early|react"
    r"|dracarys|nemotron|tulu|hermes|athene|magpie|openchat|starling|learnlm|gguf|multi-agent"
)


def identify(name):
    """(family, level) of a table's name, or None for what no vendor serves under that name.

    >>> identify("gpt-5.1-2025-11-13-high"), identify("claude-3-7-sonnet-thinking")
    (('gpt-5-1', 'thinking'), ('claude-3-7-sonnet', 'thinking'))
    >>> identify("Claude Opus 4.5 (no reasoning)"), identify("o1-mini (whole)")
    (('claude-opus-4-5', 'plain'), ('o1-mini', 'plain'))
    >>> identify("gpt-5-minimal-2025-08-07"), identify("gemini-2.5-pro-preview-06-05 (32k think)")
    (('gpt-5', 'less'), ('gemini-2-5-pro', 'thinking'))
    """
    text = name.strip().lower().replace("_", "-")
    text = re.sub(r"^openai/|^ollama/(?:.*/)?", "", text)
    if _NOT_SERVED.search(text):
        return None
    text, mark = re.sub(r"@.*|-20\d\d-\d\d-\d\d(?=-|$)", "", text), "plain"
    if re.search(_NO_THINKING, text):
        text = re.sub(rf"[ (-]*(?:{_NO_THINKING})\)?", "", text)
        mark = "none"
    else:
        for found_mark, pattern in _MARKS:
            found = re.search(rf"(?:[ -]|\()(?:{pattern})\)?(?=$| )", text)
            if found and not ("medium" in found[0] and "stral" in text):
                text = (text[: found.start()] + text[found.end() :]).strip(" -(")
                mark = found_mark
                break
    text = re.sub(r"\((\d\d)/(\d\d)\)", "", text)  # (05/13)
    text = re.sub(r"-api-\d{4}|\s*\((?:bf16|fc.*|prompt.*|early.*|0924)\)", "", text)
    key = family(text)
    key = re.sub(r"-(?:api|bf16)$", "", key)
    if text.startswith("deepseek chat"):
        key = "deepseek-" + family(text.removeprefix("deepseek chat"))
    key = _OTHERS.get(key, key)
    return key, _level(key, mark)
