"""Which schemas can be asked for, and which answers fit them."""

import json
import time

import pytest
from engine.call.checks import RequestError
from engine.call.fits import MOST_PROBLEMS, problems_of, read_answer
from engine.call.schema import MOST_DEPTH, Schema
from engine.call.schema_sample import sample

INVOICE = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "minLength": 3, "maxLength": 20},
        "day": {"type": "string", "format": "date"},
        "total": {"type": "number", "minimum": 0},
        "currency": {"enum": ["EUR", "USD"]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}, "minItems": 1},
    },
    "required": ["number", "total", "lines"],
    "additionalProperties": False,
    "$defs": {
        "line": {
            "type": "object",
            "properties": {"text": {"type": "string"}, "pieces": {"type": ["integer", "null"]}},
            "required": ["text"],
        }
    },
}
GOOD = {"number": "R-17", "day": "2026-02-28", "total": 12.5, "lines": [{"text": "Bolt"}]}


def of(**properties):
    return {"type": "object", "properties": properties}


def refusal(schema):
    with pytest.raises(RequestError) as caught:
        Schema()("response_schema", schema)
    return caught.value.code


def said(data, schema=INVOICE):
    return [str(problem) for problem in problems_of(data, schema)]


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ("{}", "type"),
        ({"type": "array", "items": {}}, "schema_root"),
        ({}, "schema_root"),
        (of(a={"type": "text"}), "schema_value"),
        (of(a={"minimum": "3"}), "schema_value"),
        (of(a={"minimum": float("nan")}), "schema_json"),
        (of(a={"enum": []}), "schema_value"),
        (of(a={"items": [{}]}), "schema_value"),
        (of(a="string"), "schema_value"),
        (of(a={"if": {}}), "schema_key"),
        (of(a={"pattern": "(a+)+$"}), "schema_pattern"),
        (of(a={"type": "string", "format": "iban"}), "schema_format"),
        (of(a={"$ref": "https://example.com/schema.json"}), "schema_ref"),
        (of(a={"$ref": "#/$defs/gone"}), "schema_ref"),
        ({**of(a={}), "$defs": {"a": {"$ref": "#/$defs/a"}}}, "schema_ref"),
        (of(a={"description": "x" * 70_000}), "schema_size"),
        (of(a={"default": {1, 2}}), "schema_json"),
        (of(a={"title": "half a \ud83d"}), "character"),
    ],
)
def test_what_cannot_be_checked_is_refused(schema, code):
    assert refusal(schema) == code


def test_a_schema_nests_so_deep_and_no_deeper():
    schema = {"type": "string"}
    for _level in range(MOST_DEPTH - 1):
        schema = {"type": "array", "items": schema}
    assert Schema()("response_schema", of(a=schema))
    for _level in range(5000):
        schema = {"type": "array", "items": schema}
    assert refusal(of(a=schema)) == "schema_depth"


def test_a_good_answer_is_read_with_or_without_a_fence():
    text = json.dumps(GOOD)
    assert read_answer(text, INVOICE) == (GOOD, [])
    assert read_answer(f"```json\n{text}\n```", INVOICE) == (GOOD, [])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"number": 17}, "$.number is a number and must be string."),
        ({"number": "R"}, "$.number has a length of 1, which must be ≥ 3."),
        ({"day": "2026-02-29"}, "$.day is not a valid date."),
        ({"total": -1}, "$.total is -1 and must be ≥ 0."),
        ({"total": True}, "$.total is a boolean and must be number."),
        ({"currency": "CHF"}, '$.currency must be one of: "EUR", "USD".'),
        ({"lines": []}, "$.lines has a length of 0, which must be ≥ 1."),
        ({"lines": [{"pieces": 1.5, "text": ""}]}, None),
        ({"lines": [{"pieces": None}]}, "$.lines[0].text is missing."),
        ({"paid": True}, "$.paid is not part of the schema."),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(change, sentence):
    sentence = sentence or "$.lines[0].pieces is a number and must be integer | null."
    assert said({**GOOD, **change}) == [sentence]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "fit.nothing"),
        ("Here it is: {}", "fit.json"),
        ('{"a": NaN}', "fit.json"),
        ('{"a": 1e999}', "fit.json"),
        ("[" * 100_000, "fit.json"),
        ('{"a": "\\u0000"}', "fit.character"),
        ('{"a": "\\ud83d"}', "fit.character"),
    ],
)
def test_what_is_no_json_that_can_be_kept(text, code):
    _data, problems = read_answer(text, {"type": "object"})
    assert [problem.code for problem in problems] == [code]


def test_alternatives_and_equal_values():
    schema = of(a={"anyOf": [{"type": "null"}, {"type": "string"}]})
    assert said({"a": 1}, schema) == ["$.a fits none of the alternatives of the schema."]
    one = of(a={"oneOf": [{"type": "number"}, {"type": "integer"}]})
    assert said({"a": 1.5}, one) == []
    assert said({"a": 1}, one)[0].startswith("$.a fits several alternatives")
    unique = of(a={"type": "array", "uniqueItems": True})
    assert said({"a": [1, True, "1"]}, unique) == []
    assert said({"a": [1, 1.0]}, unique) == ["$.a holds the same value twice."]
    assert said({"a": True}, of(a={"const": 1})) == ["$.a must be one of: 1."]


def test_the_alternative_that_is_meant_is_told_of_where_only_one_can_be():
    none = ["$.a fits none of the alternatives of the schema."]
    whole = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    other = {"type": "object", "properties": {"y": {"type": "integer"}}, "required": ["y"]}
    assert said({"a": {"x": "1"}}, of(a={"anyOf": [{"type": "null"}, whole]})) == [
        "$.a.x is a string and must be integer."
    ]
    assert said({"a": {"y": "no"}}, of(a={"anyOf": [whole, other]})) == none
    for never in (False, {"$ref": "#/$defs/never"}):
        schema = {**of(a={"anyOf": [{"type": "string"}, never]}), "$defs": {"never": False}}
        assert said({"a": 1}, schema) == none


def test_only_the_first_problems_are_said():
    schema = {"type": "object", "required": [f"k{n}" for n in range(500)]}
    assert len(said({}, schema)) == MOST_PROBLEMS


@pytest.mark.parametrize("kind", ["allOf", "anyOf"])
def test_a_schema_that_doubles_at_each_level_ends_soon(kind):
    names = [f"d{n}" for n in range(19)]
    defs = {
        name: {kind: [{"$ref": f"#/$defs/{after}"}] * 2}
        for name, after in zip(names, [*names[1:], "end"], strict=True)
    }
    schema = Schema()(
        "response_schema",
        {**of(a={"$ref": "#/$defs/d0"}), "$defs": {**defs, "end": {"type": "null"}}},
    )
    began = time.monotonic()
    assert [problem.code for problem in problems_of({"a": 1}, schema)] == ["fit.effort"]
    assert time.monotonic() - began < 5


def test_an_answer_that_nests_without_end_ends_soon():
    schema = {**of(a={"$ref": "#"}), "additionalProperties": False}
    data = {}
    for _level in range(200):
        data = {"a": data}
    assert [problem.code for problem in problems_of(data, schema)] == ["fit.effort"]


@pytest.mark.parametrize(
    "schema",
    [
        INVOICE,
        of(a={"type": "number", "exclusiveMinimum": 1, "multipleOf": 0.5}),
        of(a={"type": ["null", "string"], "minLength": 30}),
        of(a={"anyOf": [{"type": "null"}, {"type": "string", "format": "uuid"}]}),
        {**of(name={"type": "string"}, under={"type": "array", "items": {"$ref": "#"}})},
    ],
)
def test_a_sample_fits_its_schema(schema):
    assert problems_of(sample(Schema()("response_schema", schema)), schema) == []
