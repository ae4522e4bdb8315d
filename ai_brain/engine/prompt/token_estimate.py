"""Token counts without a vocabulary: text features times fitted weights.

The weights were fitted by ``tools/vocabulary/fit_estimate.py`` (least squares on relative
error) to the exact counts of o200k_base and cl100k_base over 2,000-character pieces of the
source code, data files and translations of Odoo 18.0; MEASURED holds what that run printed for
modules that the fit had not seen.

>>> round(estimate("The quick brown fox jumps over the lazy dog."))
9
"""

from __future__ import annotations

import re
from collections import Counter

# Left as texts: re compiles and keeps them when first used, and that is seldom.
_WORDS = r"(?:\s|\A)[A-Za-z]+|[A-Za-z]+"
_COUNTED = {
    "case_changes": r"[a-z][A-Z]",
    "latin_greek": r"[\u00aa-\u03ff]",
    "cyrillic": r"[\u0400-\u052f]",
    "cjk": r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]",
    "kana": r"[\u3040-\u30ff]",
    "hangul": r"[\u1100-\u11ff\uac00-\ud7af]",
    "semitic": r"[\u0590-\u08ff]",
    "brahmic": r"[\u0900-\u1fff]",
    "other": r"[\u2000-\u303f\u3100-\u33ff\ua000-\uabff\ud800-\uf8ff\ufb00-\uffff"
    r"\U00010000-\U0001ffff\x00-\x08\x0e-\x1f\x7f-\x9f]",
    "digit_groups": r"[0-9]{1,3}",
    "punctuation_runs": r"[!-/:-@\[-^`{-~]+",
    "punctuation": r"[!-/:-@\[-^`{-~]",
    "underscores": r"_+",
    "line_ends": r"\n+",
    "space_runs": r"[ \t]{2,}",
}
_DIGIT = "[0-9]"
# o200k_base has many a sign in one token with the word after it, as in object.name
_SIGN_INSIDE = r"(?<=\w)[!-/:-@\[-^`{-~](?=\w)"

ENCODINGS = ("o200k_base", "cl100k_base")
# Tokens that each occurrence weighs, in the order of ENCODINGS.
WEIGHTS = {
    "words_after_space": (1.0, 1.0),
    "other_words": (0.0, 0.0),
    "over_5_letters": (0.141, 0.23),
    "over_9_letters": (0.017, 0.028),
    "case_changes": (0.0, 0.0),
    "latin_greek": (0.777, 1.853),
    "cyrillic": (0.281, 0.507),
    "cjk": (0.749, 1.171),
    "kana": (0.616, 0.957),
    "hangul": (0.673, 1.174),
    "semitic": (0.356, 0.881),
    "brahmic": (0.367, 0.905),
    "other": (0.655, 0.611),
    "digit_groups": (1.419, 1.556),
    "punctuation_runs": (0.986, 0.956),
    "punctuation": (0.199, 0.191),
    "underscores": (0.965, 0.794),
    "line_ends": (1.341, 1.16),
    "space_runs": (0.0, 0.0),
}
# Gemini's vocabulary is that of Gemma 3: every digit is a token of its own, and so are more signs
# inside names; Chinese and Japanese take fewer. A count is GEMINI_TOKENS times that of o200k_base
# and these, fitted by ``tools/vocabulary/fit_gemini.py`` on half of the modules. On the other half
# they are off by 3.4 % (o200k_base alone by 11.6 %, a quarter of the characters by 26 %), on 809
# questions of another source by 2.1 % (4.4 %, 16.4 %), on 1,175 sets of tools by 1.2 %.
GEMINI_TOKENS = 0.995
GEMINI = {
    "digits": 0.879,
    "signs_inside": 0.519,
    "case_changes": 0.153,
    "latin_greek": -0.115,
    "cyrillic": -0.019,
    "cjk": -0.154,
    "kana": -0.257,
    "hangul": -0.033,
    "semitic": 0.04,
    "brahmic": -0.089,
    "underscores": 0.922,
    "line_ends": 0.179,
    "space_runs": 0.851,
}
# What a vocabulary that is not known may split further than the one that stands in for it, in
# tokens a character: digits singly (Mistral's, Qwen's, Gemma's), runs of line ends and tabs, and
# scripts that it has no words of, down to their letters or their bytes. Set so that no text in any
# of 20 languages has more at Llama 3.1, DeepSeek V3, Qwen 3, Mistral (three vocabularies), Gemma 3
# and Claude 2, whose vocabularies are public (counts: engine/tests/prompt/data).
ROOM = {
    r"(?<=\s)[\t\n]": 1.0,
    r"[\u00c0-\u00ff]": 0.5,
    r"[\u0100-\u03ff\u0530-\u08ff\u0900-\u0fff\u10a0-\u10ff]": 1.0,
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]": 0.5,
    r"[\u2000-\u2bff\ufe00-\ufe0f\U00010000-\U0001ffff]": 1.0,
    r"[\u1000-\u109f\u1100-\u1fff\u2c00-\u2dff\ua000-\uabff\ue000-\uf8ff]": 2.0,
}
# Mean absolute error, the error that 95 % of the pieces stay within, and the lowest.
MEASURED = {
    "o200k_base": {"mean": 0.076, "within_95": 0.195, "lowest": -0.465},
    "cl100k_base": {"mean": 0.086, "within_95": 0.198, "lowest": -0.408},
}


def single_digits(text):
    """How many tokens more ``text`` has where each digit is one, not each group of three.

    >>> single_digits("12345 and 7")
    3
    """
    return len(re.findall(_DIGIT, text)) - len(re.findall(_COUNTED["digit_groups"], text))


def room(text):
    """The tokens that a vocabulary which is not known may need beyond a margin: see ROOM.

    >>> room("Hello"), room("12345"), room("ab\\n\\n"), room("გა")
    (0.0, 3.0, 1.0, 2.0)
    """
    patterns = ROOM if not text.isascii() else list(ROOM)[:1]
    more = sum(len(re.findall(pattern, text)) * ROOM[pattern] for pattern in patterns)
    return float(single_digits(text)) + more


def features(text):
    """The counts that the weights apply to, in the order of WEIGHTS."""
    spaced = other = over_5 = over_9 = 0
    for word, count in Counter(re.findall(_WORDS, text)).items():
        letters = len(word)
        if word[0].isspace():
            spaced += count
            letters -= 1
        else:
            other += count
        if letters > 5:
            over_5 += count * (letters - 5)
            if letters > 9:
                over_9 += count * (letters - 9)
    return [spaced, other, over_5, over_9] + [
        len(re.findall(pattern, text)) for pattern in _COUNTED.values()
    ]


def gemini_features(text):
    """What Gemini's vocabulary splits otherwise than o200k_base, in the order of GEMINI."""
    patterns = {**_COUNTED, "digits": _DIGIT, "signs_inside": _SIGN_INSIDE}
    counts = {name: len(re.findall(patterns[name], text)) for name in GEMINI}
    counts["digits"] -= len(re.findall(_COUNTED["digit_groups"], text))
    return list(counts.values())


def gemini(text, tokens):
    """Estimated tokens of ``text`` at Gemini, where o200k_base has ``tokens``; a float.

    >>> round(gemini("12345678", 3), 2), gemini("Hello", 1)
    (7.38, 0.995)
    """
    besides = sum(n * weight for n, weight in zip(gemini_features(text), GEMINI.values()))
    return max(GEMINI_TOKENS * tokens + besides, tokens / 2)


def estimate(text, encoding="o200k_base"):
    """Estimated tokens of ``text``, a float; 0 for an empty text, else at least 1."""
    if not text:
        return 0.0
    column = ENCODINGS.index(encoding)
    weighted = (n * weight[column] for n, weight in zip(features(text), WEIGHTS.values()))
    return max(1.0, sum(weighted))
