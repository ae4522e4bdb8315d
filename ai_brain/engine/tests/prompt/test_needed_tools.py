"""Only the tools that a request needs are sent, and what is not understood is kept."""

import json
import time
from pathlib import Path

import pytest
from engine.prompt import needed_tools

DATA = Path(__file__).with_name("data")
BOXES = json.loads((DATA / "tools_in_english.json").read_text(encoding="utf-8"))
PROMPTS = [
    json.loads(line)
    for line in (DATA / "tools_prompts.jsonl").read_text(encoding="utf-8").splitlines()
]
#: Written down before they were first tried, in three rounds; what came of it says the README.
FIRST_SIGHT = [
    json.loads(line)
    for line in (DATA / "tools_first_sight.jsonl").read_text(encoding="utf-8").splitlines()
]
EVERYDAY = BOXES["everyday"]
ALL = [tool["function"]["name"] for tool in EVERYDAY]
CALL = {"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}


def user(text):
    return {"role": "user", "content": text}


def assistant(text=None, *calls):
    return {"role": "assistant", "content": text, "tool_calls": list(calls)}


def result(text="18"):
    return {"role": "tool", "tool_call_id": "1", "content": text}


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda p: p["lang"] + " " + "+".join(p["needed"]))
def test_sixty_prompts_in_other_languages_keep_what_they_need(prompt):
    kept = needed_tools(prompt["messages"], BOXES[prompt["box"]])
    assert set(prompt["needed"]) <= set(kept)


def test_sixty_prompts_are_twenty_a_language():
    languages = [prompt["lang"] for prompt in PROMPTS]
    assert {one: languages.count(one) for one in languages} == {"de": 20, "fr": 20, "es": 20}


def kept_of(language):
    """(prompts that keep what they need, prompts, share of the tools that is sent)"""
    prompts = [prompt for prompt in FIRST_SIGHT if prompt["lang"] == language]
    kept = sent = whole = 0
    for prompt in prompts:
        tools = BOXES[prompt["box"]]
        names = needed_tools(prompt["messages"], tools)
        kept += set(prompt["needed"]) <= set(names)
        sent, whole = sent + len(names), whole + len(tools)
    return kept, len(prompts), sent / whole


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_what_was_first_seen_when_it_was_tried_keeps_what_it_needs(language):
    kept, number, sent = kept_of(language)
    assert (kept, number) == (12, 12)
    assert sent < 0.8


def test_everyday_english_keeps_nearly_always_what_it_needs():
    kept, number, sent = kept_of("en")
    assert number == 78
    assert kept >= 76
    assert sent < 0.75


def strangers(name):
    """[prompt with its tools' list, and the names of those that are kept]"""
    boxes = json.loads((DATA / f"{name}_boxes.json").read_text(encoding="utf-8"))
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    for prompt in map(json.loads, lines):
        tools = boxes[prompt["box"]]
        yield prompt, tools, needed_tools(prompt["messages"], tools, prompt.get("choice"))


@pytest.mark.parametrize(("name", "missed"), [("tools_stranger", 0), ("tools_stranger2", 3)])
def test_prompts_of_a_stranger_keep_what_they_need_and_save_all_the_same(name, missed):
    """First read, 56 of 63 of the first kept it and 5 of the 17 that need none were sent without;
    the second was read after what that showed had been mended: 33 of 36, and 24 of 24."""
    lacking, dropped, idle, sent, whole = [], 0, 0, 0, 0
    for prompt, tools, names in strangers(name):
        sizes = {tool["function"]["name"]: len(json.dumps(tool)) for tool in tools}
        sent, whole = sent + sum(sizes[name] for name in names), whole + sum(sizes.values())
        if not prompt["needed"]:
            idle, dropped = idle + 1, dropped + (not names)
        elif not set(prompt["needed"]) <= set(names):
            lacking.append(prompt["lang"])
    assert set(lacking) <= {"en"}
    assert len(lacking) <= missed
    assert dropped >= 0.45 * idle
    assert sent <= 0.8 * whole


def test_what_any_model_answers_by_itself_needs_none_in_other_languages():
    for text in (
        "Was bedeutet Resilienz?",
        "Wer hat das Dynamit erfunden?",
        "Erzählen Sie mir bitte eine kurze Geschichte über Wölfe.",
        "Qu'est-ce qu'un trou noir ?",
        "Raconte-nous une blague !",
        "¿Quién descubrió América?",
        "¿Cuál es la diferencia entre latín y griego?",
    ):
        assert needed_tools([user(text)], EVERYDAY) == [], text


@pytest.mark.parametrize(
    "text",
    [
        "Was bedeutet Fehler 47110?",
        "Wer hat heute Bereitschaft?",
        "Was heißt das für mein Knöllchen?",
        "Qui a fermé la boutique hier ?",
        "¿Quién pintó mi furgoneta?",
    ],
)
def test_but_not_where_it_is_the_speaker_s_own_case_or_of_this_moment(text):
    assert needed_tools([user(text)], EVERYDAY) == ALL


@pytest.mark.parametrize(
    "text",
    ["I've run out of ibuprofen.", "Somebody hit XK12 ABC.", "Am I too late for tonight?"],
)
def test_what_no_model_knows_of_the_speaker_keeps_a_few_tools_and_not_one_alone(text):
    some = [tool for tool in EVERYDAY if tool["function"]["name"] in ("play_music", "get_news")]
    assert needed_tools([user(text)], some) == ["play_music", "get_news"]
    assert needed_tools([user(text)], some[:1]) == []


def test_other_languages_save_too_where_every_word_is_understood():
    saving = {"de": 0, "fr": 0, "es": 0}
    for prompt in PROMPTS:
        tools = BOXES[prompt["box"]]
        saving[prompt["lang"]] += len(needed_tools(prompt["messages"], tools)) < len(tools)
    assert min(saving.values()) >= 3


@pytest.mark.parametrize("text", ["Danke!", "Guten Morgen", "Merci beaucoup", "Hola, ¿qué tal?"])
def test_small_talk_needs_none(text):
    assert needed_tools([user(text)], EVERYDAY) == []


def test_a_question_that_no_tool_answers_needs_none():
    assert needed_tools([user("Why did the Roman empire fall?")], EVERYDAY) == []


def one_tool(name, description, required=(), **properties):
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


NUMBER, TEXT = {"type": "number"}, {"type": "string"}


def test_one_word_is_not_enough_for_a_tool_that_needs_a_number_that_nobody_gave():
    tool = one_tool("soil_acidity", "Acidity of a soil", ["ph"], ph=NUMBER)
    text = "Which flowers like the soil of old gardens?"
    assert needed_tools([user(text)], [tool]) == []
    for given in (f"{text} It has 6.", f"{text} It has six."):
        assert needed_tools([user(given)], [tool]) == ["soil_acidity"]
    text = "Is the acidity of soil a problem?"  # two words
    assert needed_tools([user(text)], [tool]) == ["soil_acidity"]


def test_one_word_is_not_enough_for_a_tool_that_needs_more_than_there_are_words():
    tool = one_tool("sort_anvils", "Does it", ["depot", "lane"], depot=TEXT, lane=TEXT)
    assert needed_tools([user("What are anvils?")], [tool]) == []
    assert needed_tools([user("Anvils in Leeds, north")], [tool]) == ["sort_anvils"]


@pytest.mark.parametrize(
    "text", ["What do we owe the landlord?", "Is our landlord content?", "Does it suit us?"]
)
def test_what_we_have_or_owe_no_model_knows(text):
    assert needed_tools([user(text)], EVERYDAY[:3]) == ALL[:3]


def test_of_many_tools_a_weak_match_keeps_all_and_of_a_few_none():
    text = "Let the milkman come earlier."
    assert needed_tools([user(text)], EVERYDAY) == ALL
    assert needed_tools([user(text)], EVERYDAY[:6]) == []


@pytest.mark.parametrize("text", ["dfgdfgh", "sdfsdf", "q", "/q", "\x1b[A\x1b[B"])
def test_keys_that_were_hit_by_chance_need_none(text):
    assert needed_tools([user(text)], EVERYDAY) == []


@pytest.mark.parametrize("text", ["ZXCVBN", "https", "4711", "天"])
def test_what_may_be_a_code_keeps_all(text):
    assert needed_tools([user(text)], EVERYDAY) == ALL


def test_a_letter_that_chooses_from_a_list_keeps_all():
    talk = [user("Which city?"), assistant("a) Rome b) Oslo"), user("b")]
    assert needed_tools(talk, EVERYDAY) == ALL


def test_where_none_may_be_called_only_what_was_called_is_needed():
    talk = [user("Rain?"), assistant(None, CALL), result(), assistant("No."), user("And snow?")]
    assert needed_tools(talk, EVERYDAY, "none") == ["get_weather"]
    assert needed_tools([user("Weather in Rome?")], EVERYDAY, {"type": "none"}) == []


OURS = {"id": "1", "name": "get_weather", "arguments": "{}"}  # as an answer of ours gives it
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "get_weather"}]}
GIVEN = user([{"type": "tool_result", "tool_use_id": "1", "content": "18"}])


@pytest.mark.parametrize(
    "turns", [[assistant("", OURS), result()], [USE, GIVEN]], ids=["ours", "anthropic"]
)
def test_calls_are_read_in_every_shape(turns):
    assert needed_tools([user("Rain?"), *turns], EVERYDAY) == ALL
    after = [user("Rain?"), *turns, assistant("No."), user("Who wrote Faust?")]
    kept = needed_tools(after, EVERYDAY)
    assert "get_weather" in kept
    assert kept != ALL


@pytest.mark.parametrize("key", ["input_schema", "parameters", "parametersJsonSchema"])
def test_tools_are_read_in_the_shape_of_each_vendor(key):
    tools = [
        {"name": "get_weather", "description": "Forecast", key: {"type": "object"}},
        {"name": "send_email", "description": "Send a mail", key: None},
        {"type": "web_search_20250305", "name": "web_search"},
        {"functionDeclarations": [{"name": "stock"}]},
    ]
    assert needed_tools([user("Will it rain?")], tools) == ["get_weather", "web_search"]


def test_two_tasks_in_one_prompt_keep_both_in_the_order_of_the_tools():
    text = "Send an email to Ann and tell me the weather in Berlin."
    kept = needed_tools([user(text)], EVERYDAY)
    assert {"get_weather", "send_email"} <= set(kept)
    assert kept == [name for name in ALL if name in kept]
    assert kept != ALL


@pytest.mark.parametrize(
    "choice",
    [
        "required",
        {"type": "function", "function": {"name": "play_music"}},
        {"type": "allowed_tools"},
    ],
)
def test_a_forced_choice_keeps_all(choice):
    assert needed_tools([user("Thanks")], EVERYDAY, choice) == ALL


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_a_free_choice_does_not(choice):
    assert needed_tools([user("Thanks")], EVERYDAY, choice) == []


@pytest.mark.parametrize(
    "messages",
    [
        [user("Weather?"), assistant(None, CALL)],
        [user("Weather?"), assistant(None, CALL), result()],
        [user("Weather?"), assistant(None, CALL, CALL), result()],
        [user("Weather?"), assistant(None, CALL), user("Thanks")],
        [user("Weather?"), assistant(None, CALL), result(), user("Thanks")],
    ],
)
def test_a_running_tool_call_keeps_all(messages):
    assert needed_tools(messages, EVERYDAY) == ALL


def test_a_tool_that_was_called_stays_for_what_comes_after():
    before = [user("x"), assistant(None, CALL), result(), assistant("18 degrees.")]
    for text in ("And tomorrow?", "Thanks!", "Why did the Roman empire fall?"):
        assert "get_weather" in needed_tools([*before, user(text)], EVERYDAY)


def test_a_question_that_means_the_one_before_keeps_its_tool():
    messages = [user("What is the weather in Rome?"), assistant("Sunny."), user("And tomorrow?")]
    assert "get_weather" in needed_tools(messages, EVERYDAY)


def test_a_short_yes_to_an_offer_keeps_the_tool_that_was_offered():
    messages = [
        user("We are four tonight"),
        assistant("Shall I reserve a table at a restaurant?"),
        user("yes please"),
    ]
    assert "book_restaurant" in needed_tools(messages, EVERYDAY)


def test_in_a_conversation_the_tools_only_become_more():
    turns = ["What is the weather in Rome?", "Send an email about it to Ann.", "Who wrote Faust?"]
    messages, before = [], set()
    for turn in turns:
        messages.append(user(turn))
        kept = set(needed_tools(messages, EVERYDAY))
        assert before <= kept
        before = kept
        messages.append(assistant("Done, as you asked me to."))


def test_a_tool_that_the_system_prompt_names_stays():
    messages = [{"role": "system", "content": "End with get_news."}, user("Who wrote Faust?")]
    assert needed_tools(messages, EVERYDAY) == ["get_news"]


@pytest.mark.parametrize(
    "text",
    [
        "明天北京天气怎么样？",
        "Какая завтра погода?",
        "Apakah produk ini masih tersedia?",
        "",
        "do it",
    ],
)
def test_what_cannot_be_read_keeps_all(text):
    assert needed_tools([user(text)], EVERYDAY) == ALL


def test_a_picture_keeps_all():
    content = [{"type": "text", "text": "Hello"}, {"type": "image_url", "image_url": {}}]
    assert needed_tools([user(content)], EVERYDAY) == ALL
    assert needed_tools([user(content[:1])], EVERYDAY) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("How much is $250 in £?", "convert"),
        ("Please read https://example.com/a", "read_url"),
        ("What is in report.pdf?", "open_file"),
        ("If I have 3 and get 4, how many are there?", "add"),
        ("Is anything in maintenance mode?", "set_state"),
        ("Which one has a serialNumber?", "find_asset"),
    ],
)
def test_values_enums_and_property_names_are_words_too(text, name):
    def tool(name, description, **properties):
        parameters = {"type": "object", "properties": properties}
        function = {"name": name, "description": description, "parameters": parameters}
        return {"type": "function", "function": function}

    tools = [
        tool("convert", "From one currency to another"),
        tool("read_url", "Text of a website"),
        tool("open_file", "Opens it"),
        tool("add", "Adds integers"),
        tool("set_state", "Sets it", state={"type": "string", "enum": ["maintenance"]}),
        tool("find_asset", "Finds it", serial_number={"type": "string"}),
    ]
    kept = needed_tools([user(text)], tools)
    assert name in kept
    assert len(kept) < len(tools)


ODD = [
    {"type": "web_search"},
    {"type": "function", "function": {"name": "bare"}},
    {"type": "function", "function": {"name": "none", "description": None, "parameters": None}},
    {"type": "function", "function": {"name": "list", "parameters": ["x"]}},
    {"type": "function", "function": {"name": "set", "parameters": {1, 2}}},
    {"type": "function", "function": {"name": "long", "description": "x" * 100_000}},
    {"type": "function", "function": {"name": 7}},
    {"type": "function", "function": None},
    None,
    "text",
]


def test_odd_tools_never_raise_and_what_cannot_be_read_is_kept():
    kept = needed_tools([user("Who wrote Faust?")], ODD)
    assert kept == ["web_search", "set", "long"]


def test_a_tool_that_contains_itself_is_kept():
    loop = {"name": "loop"}
    loop["parameters"] = loop
    tools = [{"type": "function", "function": loop}]
    assert needed_tools([user("Who wrote Faust?")], tools) == ["loop"]


@pytest.mark.parametrize(
    "messages",
    [None, [], "text", [None], [{}], [{"role": "user"}], [{"role": "user", "content": 7}]],
)
def test_odd_messages_keep_all(messages):
    assert needed_tools(messages, EVERYDAY) == ALL


@pytest.mark.parametrize("tools", [None, [], {}, "text", 7])
def test_no_tools_are_none(tools):
    assert needed_tools([user("Hello")], tools) == []


def test_a_name_is_listed_once():
    assert needed_tools([user("What is the weather?")], EVERYDAY[:1] * 3) == ["get_weather"]


def test_tools_in_german_serve_prompts_in_german_and_english():
    tools = [
        {"type": "function", "function": {"name": "wetter", "description": "Sagt das Wetter vor."}},
        {
            "type": "function",
            "function": {"name": "mahnung", "description": "Schickt eine Mahnung."},
        },
    ]
    for text in ("Wie wird das Wetter?", "What is the weather?"):
        assert needed_tools([user(text)], tools) == ["wetter"]


def test_ten_times_the_text_takes_no_more_than_its_share():
    """Linear: a text beyond what is read costs hardly more, a hundred tools ten times ten."""

    def many(number):
        return [
            {
                "type": "function",
                "function": {"name": f"tool_{n}", "description": f"Weather {n} of"},
            }
            for n in range(number)
        ]

    def seconds(text, tools):
        needed_tools([user(text)], tools)
        best = 9.0
        for _ in range(3):
            start = time.perf_counter()
            needed_tools([user(text)], tools)
            best = min(best, time.perf_counter() - start)
        return best

    text = "Compare the offers of 2024 with what the customer asked for and explain it. " * 260
    assert seconds(text, many(100)) < 30 * seconds(text, many(10)) + 0.1
    assert seconds(text * 20, many(10)) < 5 * seconds(text, many(10)) + 0.1
