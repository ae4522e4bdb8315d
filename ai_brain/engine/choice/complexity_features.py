"""Prompt -> features between 0 and 1, each readable in any language.

Counts saturate (the tenth number tells less than the second), so a long text cannot drive a
feature without bound, and only the beginning and the end are looked at: where people put the
task. The layout of a multiple choice question is taken off first; it says how
an answer is to be given, not how hard it is.
"""

import math
import re
from functools import cache, lru_cache

from ..base.lazy import regex
from .complexity_cues import CUES

HEAD, TAIL = 1400, 900

_SPACELESS = regex("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = regex(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MARKED = regex("[\u0900-\u0d7f]")  # vowel signs of Indian scripts end a word for \w
_NUMBER = regex(r"\d+(?:[.,:/]\d+)*")
_OPTION = regex(r"(?m)^[ \t]*\(?[A-Ja-j1-9][.):、．][ \t]*(.*)$")
_ANSWER_LINE = regex(r"(?mi)^\s*(answer|antwort|réponse|respuesta|答案|答え)\s*[:：]?\s*$")
_SENTENCE_END = regex(r"[.!?…。！？؟।]+(?=\s|$|[\u3040-\u9fff\uac00-\ud7af])|\n{2,}")
_CLAUSE = regex(r"[,;:，、；：،—(]")
_QUESTION = regex(r"[?？؟]")
_NUMBER_WORD = regex(
    r"(?<!\w)(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|fifty|hundred"
    r"|zwei|drei|vier|fünf|sechs|sieben|acht|zehn|deux|trois|quatre|cinq|dix|dos|tres|cuatro|cinco"
    r"|diez|due|tre|quattro|cinque|dieci|dois|duas|três|twee|drie|vijf|два|две|три|четыре|пять|iki"
    r"|üç|dört|beş)(?!\w)|[一二两三四五六七八九十百千]+(?=[个名次年天台张元人つ])"
)
_ITEM = regex(r"(?m)^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+\S")
_FORMULA = regex(
    r"[=≠≤≥<>^√∑∫∂∞≈±×÷∈∀∃→⇒∧∨¬⊃≡~]|\\[a-z]{2,}|[α-ωΓΔΘΛΞΠΣΦΨΩ](?![α-ωά-ώ])"
    r"|(?<![\w'’])[b-hj-zB-HJ-Z](?![\w'’.])|\d[a-z](?!\w)|\w\(\w(?:, ?\w)*\)"
)
_FENCE = regex(r"```.*?(?:```|\Z)", re.DOTALL)
_CODE = regex(
    r"(?m)[{};]\s*$|^\s*(?:def|class|import|from|return|function|public|const|let|var|#include"
    r"|SELECT|INSERT|UPDATE|for|while|if|try)\b.*[:;({]|=>|->|::|\b\w{1,40}\(\)|</\w{1,40}>|\b\w{0,40}_\w{0,40}\("
)
_CODE_WORD = regex(
    r"(?i)\b(?:python|javascript|typescript|java|c\+\+|rust|golang|sql|regex|bash|kotlin|swift|php"
    r"|html|css|docker|kubernetes|api|stack ?trace|traceback|exception|null pointer|segfault"
    r"|compile|unit tests?|odoo|django|react|pandas|numpy|function|code|script|quer(?:y|ies))\b"
)
_JSON = regex(r'"[^"\n]{1,60}"\s*:\s*["\[{\d]')


@cache
def _cues():
    """({word: groups}, {stem: groups}, {end: groups}, ([(phrase, groups)], those of ASCII),
    lengths of stems)."""
    words, stems, ends, phrases = {}, {}, {}, {}
    for group, text in CUES.items():
        for cue in text.split():
            if _SPACELESS.search(cue) or _MARKED.search(cue) or "_" in cue or ";" in cue:
                # found as it stands in a text, so it may go on
                phrases.setdefault(cue.rstrip("*").replace("_", " "), []).append(group)
            elif cue.startswith("*"):
                ends.setdefault(cue[1:], []).append(group)
            elif cue.endswith("*"):
                stems.setdefault(cue[:-1], []).append(group)
            else:
                words.setdefault(cue, []).append(group)
    found = list(phrases.items())
    plain = [one for one in found if one[0].isascii()]
    return words, stems, ends, (found, plain), sorted({len(stem) for stem in stems})


@lru_cache(maxsize=20_000)  # people's words are few
def _groups_of(word):
    """The groups of a word's cues, each as often as it has some."""
    known, stems, ends, _phrases, lengths = _cues()
    found = [*known.get(word, ())]
    for end, groups in ends.items():
        if len(word) > len(end) and word.endswith(end):
            found += groups
    for length in lengths:
        if length > len(word):
            break
        found += stems.get(word[:length], ())
    return tuple(found)


_ENOUGH = {"proof": 2, "reasoning": 4, "design": 4}


def saturate(count, at):
    """0 for nothing, 1 from ``at`` on, logarithmic between.

    >>> saturate(0, 8), saturate(8, 8), saturate(80, 8)
    (0.0, 1.0, 1.0)
    """
    return min(1.0, math.log1p(count) / math.log1p(at))


def window(text):
    """The part of a text that is looked at: its beginning and its end."""
    if len(text) <= HEAD + TAIL:
        return text
    head, tail = text[:HEAD], text[-TAIL:]
    # Half a word is no word: cut at white space where there is some.
    return head[: max(head.rfind(" "), HEAD // 2)] + "\n\n" + tail[max(0, tail.find(" ", 0, 60)) :]


def split_options(text):
    """(question, options): the lettered lines of a multiple choice question apart from it.

    >>> split_options("Which?\\nA. red\\nB. blue\\nAnswer:")
    ('Which?', ['red', 'blue'])
    """
    text = _ANSWER_LINE.sub("", text)
    found = list(_OPTION.finditer(text))
    lettered = [m for m in found if m.group(0).lstrip(" \t(")[:1].isalpha()]
    if len(lettered) < 2:
        return text.strip(), []
    options = [m.group(1).strip() for m in lettered]
    stem = text
    for match in reversed(lettered):
        stem = stem[: match.start()] + stem[match.end() :]
    return stem.strip(), options


def count_cues(lowered, words):
    """Number of different cues of each group found in a lower-case text and its words."""
    seen = {}
    for word in set(words):
        for group in _groups_of(word):
            seen[group] = seen.get(group, 0) + 1
    for phrase, groups in _cues()[3][lowered.isascii()]:
        if phrase in lowered:
            for group in groups:
                seen[group] = seen.get(group, 0) + 1
    return seen


# What a text that is only to be translated or shortened brings along, and the task does not.
_OF_THE_TEXT = (
    "numbers",
    "number_density",
    "formula",
    "formula_density",
    "sentence_length",
    "clauses",
    "long_words",
    "sentences",
    "length",
    "maths",
    "quantity",
    "constraint",
    "conditional",
    "negation",
    "logic",
    "expert",
    "why_how",
    "asks",
)


def _works_on_given_text(prose, seen):
    """1 where the task, said first or last, is to reword a text and nothing more."""
    if (
        not seen.get("rewrite")
        or seen.get("reasoning", 0) + seen.get("design", 0) > 1
        or seen.get("proof")
    ):
        return 0.0
    ends = (prose[:240] + "\n" + prose[-160:]).lower()
    return 1.0 if count_cues(ends, _WORD.findall(ends)).get("rewrite") else 0.0


def _is_long(length, seen):
    """0 to 1: how surely a long text is material, and the task a sentence before or after it.

    Whoever wants it thought through says so; then the material counts.
    """
    if seen.get("proof") or seen.get("reasoning", 0) + seen.get("design", 0) > 2:
        return 0.0
    return min(1.0, max(0, length - 1500) / 3000)


OPENING = 60  # characters in which a question for a fact says that it is one
# German "wie" also opens a question that asks for a plan
_HOW_TO = regex(r"\bwie (?:soll|könn|kann|würd|müss|muss|sichern|positionier|stellen|gehen)")


def _place(opening, group):
    """Where the first cue of a group begins; the end where there is none."""
    places = [m.start() for m in _WORD.finditer(opening) if group in _groups_of(m.group())]
    for phrase, groups in _cues()[3][opening.isascii()]:
        if group in groups and phrase in opening:
            places.append(opening.index(phrase))
    return min(places, default=len(opening))


def _asks_for_a_fact(lowered, seen):
    """Is it a question for a fact from its beginning? "Who does what, and when" may be part of a
    plan that is asked for before."""
    opening = lowered[:OPENING]
    if not seen.get("lookup") or _HOW_TO.search(opening):
        return False
    asked = _place(opening, "lookup")
    return asked < len(opening) and asked <= _place(opening, "making")


def _demands(seen, lowered):
    """Planning and thoroughness, each only where work is asked for that they bear on."""
    idle = _asks_for_a_fact(lowered, seen) or any(
        seen.get(group) for group in ("rewrite", "chat", "short_copy")
    )
    planning = seen.get("strategy", 0) and (1.0 if seen.get("making") else 0.4)
    thinking = seen.get("reasoning", 0) + seen.get("design", 0) + seen.get("proof", 0)
    thinking += seen.get("long_form", 0) if seen.get("making") else 0
    return {
        "strategy": 0.0 if idle else float(planning),
        "thorough": float(bool(seen.get("thorough") and thinking and not seen.get("rewrite"))),
    }


def features(text):
    """All features of one prompt, a dict of floats between 0 and 1."""
    return dict(_features(window(text), len(text)))


@lru_cache(maxsize=32)  # complexity and routing ask for the same prompt, one after the other
def _features(text, length):
    stem, options = split_options(text)
    fenced = _FENCE.findall(stem)
    prose = _FENCE.sub(" ", stem)
    lowered = prose.lower()
    words = _WORD.findall(lowered)
    n_spaceless = len(_SPACELESS.findall(prose))
    n_words = len(words) if not n_spaceless else max(len(words), n_spaceless // 2)
    n_sentences = max(1, len(_SENTENCE_END.findall(prose)))
    numbers = _NUMBER.findall(prose) + _NUMBER_WORD.findall(lowered)
    seen = count_cues(lowered, words)
    option_text = " ".join(options)
    code_lines = len(_CODE.findall(prose)) + (3 + len(_CODE.findall(fenced[0])) if fenced else 0)
    alphabetic = [w for w in words if len(w) > 3] if not n_spaceless else []
    long_words = sum(1 for w in alphabetic if len(w) >= 9)
    data = saturate(len(_JSON.findall(stem)), 12)
    formula = len(_FORMULA.findall(prose))
    given = 1.0 - 0.75 * max(_works_on_given_text(prose, seen), _is_long(length, seen))
    asks = len(_QUESTION.findall(prose)) + len(_ITEM.findall(prose))
    result = {group: saturate(seen.get(group, 0), _ENOUGH.get(group, 5)) for group in CUES}
    result.update(_demands(seen, lowered))
    del result["making"], result["long_form"]
    result.update(
        {
            "numbers": saturate(len(numbers), 12),
            "number_density": min(1.0, 6 * len(numbers) / (n_words + len(numbers) + 8)),
            "formula": saturate(formula, 12),
            "formula_density": min(1.0, 4 * formula / (n_words + formula + 8)),
            "option_formula": saturate(
                len(_FORMULA.findall(option_text)) + len(_NUMBER.findall(option_text)), 12
            ),
            "code": saturate(code_lines, 12),
            "code_words": saturate(len(_CODE_WORD.findall(prose)), 4),
            "data": data,
            "asks": saturate(max(0, asks - 1), 6),
            "sentence_length": min(1.0, n_words / n_sentences / 40),
            "clauses": min(1.0, len(_CLAUSE.findall(prose)) / n_sentences / 5),
            "long_words": min(1.0, 2 * long_words / (len(alphabetic) + 4)),
            # Few words are a sign of little work unless they ask for much of it.
            "tiny": (1.0 - max(result["strategy"], result["thorough"]))
            / (1.0 + (n_words + len(numbers)) / 4),
            "sentences": saturate(n_sentences, 12),
            "length": saturate(n_words, 150),
        }
    )
    for name in _OF_THE_TEXT:
        result[name] *= given
    return result
