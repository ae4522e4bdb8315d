"""Whatever a vendor says beside the five counts is read, or named as unknown."""

import pytest
from engine.price.usage import TokenUsage, UsageError


def openai(**more):
    return TokenUsage.from_openai({"prompt_tokens": 100, "completion_tokens": 20, **more})


def anthropic(**more):
    return TokenUsage.from_anthropic({"input_tokens": 100, "output_tokens": 20, **more})


def gemini(**more):
    return TokenUsage.from_gemini(
        {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120, **more}
    )


def modalities(**tokens):
    return [{"modality": name, "tokenCount": count} for name, count in tokens.items()]


@pytest.mark.parametrize(
    ("usage", "service"),
    [
        (openai(service_tier="default"), ""),
        (openai(service_tier=None), ""),
        (openai(service_tier="on_demand"), ""),
        (openai(service_tier="flex"), "flex"),
        (openai(service_tier="fast"), "priority"),
        (openai(service_tier="scale"), "scale"),
        (anthropic(service_tier="standard", speed="standard"), ""),
        (anthropic(service_tier="batch"), "batch"),
        (anthropic(service_tier="priority"), "priority"),
        (anthropic(service_tier="standard", speed="fast"), "fast"),
        (gemini(serviceTier="STANDARD"), ""),
        (gemini(serviceTier="flex"), "flex"),
        (gemini(trafficType="ON_DEMAND"), ""),
        (gemini(trafficType="ON_DEMAND_PRIORITY"), "priority"),
        (gemini(trafficType="PROVISIONED_THROUGHPUT"), "provisioned_throughput"),
    ],
)
def test_the_service_that_an_answer_names(usage, service):
    assert (usage.service, usage.total) == (service, 120)


@pytest.mark.parametrize(
    ("geo", "region"), [("global", ""), ("not_available", ""), (None, ""), ("us", "us")]
)
def test_the_region_that_an_answer_names(geo, region):
    assert anthropic(inference_geo=geo).region == region


def test_sound_and_pictures_are_parts_of_the_counts():
    found = openai(
        prompt_tokens_details={"audio_tokens": 60, "image_tokens": 10, "text_tokens": 30},
        completion_tokens_details={"audio_tokens": 15, "reasoning_tokens": 2},
    )
    assert (found.input, found.input_audio, found.input_image) == (100, 60, 10)
    assert (found.output, found.output_audio, found.reasoning) == (18, 15, 2)
    assert found.unknown == ()
    found = gemini(
        promptTokensDetails=modalities(TEXT=10, AUDIO=60, IMAGE=20, VIDEO=5, DOCUMENT=5),
        candidatesTokensDetails=modalities(TEXT=5, IMAGE=15),
    )
    assert (found.input_audio, found.input_image, found.input_video) == (60, 20, 5)
    assert (found.output_image, found.unknown) == (15, ())


def test_which_of_the_cached_tokens_were_sound_is_read_or_unknown():
    split = {"audio_tokens": 60, "cached_tokens": 50}
    clear = openai(prompt_tokens_details={**split, "cached_tokens_details": {"audio_tokens": 40}})
    assert (clear.input_audio, clear.cache_read_audio) == (20, 40)
    assert openai(prompt_tokens_details=split).unknown == ("cached audio",)
    sound = {"promptTokensDetails": modalities(AUDIO=60), "cachedContentTokenCount": 50}
    assert gemini(**sound).unknown == ("cached audio",)
    clear = gemini(**sound, cacheTokensDetails=modalities(AUDIO=50))
    assert (clear.input_audio, clear.cache_read_audio) == (10, 50)


def test_what_the_vendor_did_beside_answering():
    assert anthropic(server_tool_use={"web_search_requests": 3}).web_searches == 3
    assert anthropic(server_tool_use={"web_fetch_requests": 3}).unknown == ()
    found = anthropic(server_tool_use={"code_execution_requests": 1})
    assert found.unknown == ("code_execution_requests",)
    assert openai(server_side_tool_usage_details={"web_search_calls": 2}).web_searches == 2
    found = openai(server_side_tool_usage_details={"x_search_calls": 2})
    assert found.unknown == ("x_search_calls",)
    assert openai(num_sources_used=4).unknown == ("num_sources_used",)
    assert openai(num_sources_used=0).unknown == ()


def test_tokens_of_a_kind_to_come_are_named():
    assert openai(prompt_tokens_details={"smell_tokens": 3}).unknown == ("smell_tokens",)
    assert openai(prompt_tokens_details={"smell_tokens": 0}).unknown == ()
    assert gemini(promptTokensDetails=modalities(SMELL=3)).unknown == ("input smell",)
    assert gemini(candidatesTokensDetails=modalities(VIDEO=3)).unknown == ("output video",)


def test_a_compaction_is_billed_on_top_and_another_models_advice_is_unknown():
    found = anthropic(
        iterations=[
            {"type": "compaction", "input_tokens": 5000, "output_tokens": 300},
            {"type": "message", "input_tokens": 100, "output_tokens": 20},
        ]
    )
    assert (found.input, found.output, found.unknown) == (5100, 320, ())
    found = anthropic(iterations=[{"type": "advisor_message", "input_tokens": 7}])
    assert found.unknown == ("advisor_message by another model",)


@pytest.mark.parametrize(
    "read",
    [
        lambda: openai(service_tier=5),
        lambda: openai(prompt_tokens_details={"audio_tokens": 101}),
        lambda: anthropic(iterations={"type": "message"}),
        lambda: anthropic(speed=["fast"]),
        lambda: gemini(promptTokensDetails=[{"modality": 7, "tokenCount": 1}]),
        lambda: gemini(promptTokensDetails=modalities(AUDIO=101)),
        lambda: gemini(promptTokensDetails="AUDIO"),
    ],
)
def test_what_cannot_be_read_is_refused(read):
    with pytest.raises(UsageError):
        read()
