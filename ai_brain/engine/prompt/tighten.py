"""A prompt made shorter by rule: what says nothing to a model is taken out, in four languages.

Politeness to the model, phrases that fill, a sentence that was said before in the same section,
and white space. Quotations, code, markup and variables are not looked into, a sentence that goes on
with a negation keeps its beginning, and numbers, names and negations come out as they went in:
where they would not, the text is returned as it was.

>>> tighten("Please  answer in German. It is important to note that prices exclude VAT.").text
'Answer in German. Prices exclude VAT.'
>>> tighten("Please the customer. Never say please.").text
'Please the customer. Never say please.'
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..base.lazy import regex
from .variables import variables

_MARK = "\ue000{}\ue001"
_MARKED = regex("\ue000(\\d+)\ue001")
#: What is not looked into: code, quotations, markup, variables, addresses.
_KEEP = regex(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`|<[^<>\n]{1,200}>|\{[^{}\n]*\}"
    r"|\"[^\"\n]*\"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|‹[^›\n]*›|‘[^’\n]*’(?!\w)"
    r"|(?<!\w)'[^'\n]+'(?!\w)|https?://\S+",
    re.DOTALL,
)
#: Where a sentence begins: in front of the text, of a line or list item, after another sentence.
_START = r"(?:\A|(?<=\n)|(?<=[.!?…] ))(?P<item>[ \t]*(?:[-*•–][ \t]+|\d{1,2}[.)][ \t]+)?)"
_NEGATIONS = (
    "no not never nothing nobody none neither nor without cannot don't doesn't won't isn't "
    "kein keine keinen keinem keiner keines nicht nie niemals nichts niemand ohne weder noch "
    "ne pas jamais rien aucun aucune sans ni non personne "
    "nunca nada nadie ningún ninguna ninguno sin tampoco jamás"
)
_NEGATION = regex(rf"(?<!\w)(?:{'|'.join(_NEGATIONS.split())}|n['’]\w+|\w+n['’]t)(?!\w)", re.I)
_NO_NEGATION = rf"(?!(?:{'|'.join(_NEGATIONS.split())}|n['’])(?!\w))"
#: "Please the customer": there it is the verb.
_NO_OBJECT = (
    r"(?!(?:the|a|an|our|your|their|his|her|its|my|every|each|all|any|both|him|them|us|me|"
    r"customers?|clients?|readers?|users?|people)\b)"
)
_PLEASE = rf"please,?[ ]+{_NO_OBJECT}"
#: At the beginning of a sentence, gone without a trace; the next word becomes the first.
_OPENINGS = (
    # English
    rf"{_PLEASE}(?:note|be aware|bear in mind|keep in mind|remember) that[ ]+",
    r"(?:it is important to note|it should be noted|it is worth noting|keep in mind|bear in mind"
    r"|note) that[ ]+",
    rf"(?:(?:could|would|can) you[ ]+){_PLEASE}",
    r"(?:I would like you|I'd like you|I want you|your task is|your job is|be sure|make sure)"
    r" to[ ]+(?=[a-z])(?!be\b)",
    _PLEASE,
    # German: what leaves the order of the words as it is
    r"bitte,?[ ]+(?!(?:um|an|von|des|der|vom|zum|zur|mit|und|oder)\b)(?=\w)",
    # French
    r"(?:s['’]il (?:vous|te) pla[iî]t),?[ ]+(?=\w)",
    r"(?:veuillez|merci de)[ ]+(?!(?:votre|notre|leur)\b)(?=\w+(?:er|ir|re)\b)",
    r"(?:il est important de noter|il convient de noter|veuillez noter|merci de noter|notez"
    r"|gardez à l['’]esprit) que[ ]+(?=\w)",
    # Spanish
    r"por favor,?[ ]+(?=\w)",
    r"(?:es importante (?:tener en cuenta|señalar)|(?:ten|tenga|tened) en cuenta|cabe señalar"
    r"|cabe destacar) que[ ]+(?=\w)",
)
_OPENING = regex(
    _START + "(?P<filler>" + "|".join(_OPENINGS) + ")" + _NO_NEGATION + r"(?P<next>[^\W\d_])", re.I
)
#: At the end of a sentence.
_CLOSING = regex(
    r"(?<=\w),[ ]+(?:please|bitte|s['’]il (?:vous|te) pla[iî]t|por favor)(?=[.!?](?:\s|\Z))", re.I
)
#: A sentence of thanks, where the text ends with it.
_THANKS = regex(
    r"(?<=[.!?…])\s+(?:thank you|thanks|many thanks|vielen dank|danke|merci|muchas gracias|gracias)"
    r"(?: (?:very much|so much|a lot|in advance|for your help|im voraus|schon jetzt|sehr"
    r"|für (?:deine|ihre) hilfe|beaucoup|d['’]avance|(?:pour|de) votre aide|de antemano"
    r"|por (?:tu|su) ayuda))*[.!]*\s*\Z",
    re.I,
)
#: Said shorter.
_SHORTER = tuple(
    (regex(rf"(?<!\w){long}(?!\w)", re.I), short)
    for long, short in (
        (r"in order to", "to"),
        (r"due to the fact that", "because"),
        (r"in the event that", "if"),
        (r"at this point in time", "now"),
        (r"for the purpose of", "for"),
        (r"aufgrund der Tatsache, dass", "weil"),
        (r"zum jetzigen Zeitpunkt", "jetzt"),
        (r"für den Fall, dass", "falls"),
        (r"afin de", "pour"),
        (r"en raison du fait que", "parce que"),
        (r"à l['’]heure actuelle", "actuellement"),
        (r"dans le cas où", "si"),
        (r"con el (?:fin|objetivo|propósito) de", "para"),
        (r"debido al hecho de que", "porque"),
        (r"en el caso de que", "si"),
    )
    # "dans le cas où" and "en el caso de que" ask for another mood of the verb than "si"
    if short != "si"
)
#: Where a sentence ends.
_END = regex(r"(?<=[.!?…])(?=[ ]|\Z)")
_LABEL = regex(r"^\s*(?:[-*•–]\s+)?[^\W\d_][\w ]{0,24}:\s*\S")
_HEADING = regex(r"^\s*(?:#+ .*|\ue000\d+\ue001|.*:|\*\*.*\*\*|[-=_*]{3,})\s*$")
#: A sentence that goes on from the one before says something else each time.
_LEANING = regex(
    r"^\s*(?:[-*•–]\s+|\d{1,2}[.)]\s+)?(?:otherwise|then|if so|if not|in that case|this|that|it"
    r"|these|those|they|he|she|sonst|dann|andernfalls|falls (?:ja|nein)|in diesem fall|dies\w*|das"
    r"|es|er|sie|sinon|alors|dans ce cas|si oui|si non|cela|ce|c['’]est|il|elle|ils|elles"
    r"|si no|entonces|en ese caso|de lo contrario|esto|eso|ello)(?!\w)",
    re.I,
)
LEAST_WORDS = 4
MOST_NAMED = 50


class Removed(NamedTuple):
    """``rule``: politeness, filler, shorter, doubled, space; ``text``: what went."""

    rule: str
    text: str


class Tightened(NamedTuple):
    """The shorter text, and what was taken out of it, in the order of the rules."""

    text: str
    removed: tuple


def tighten(text):
    """Return the ``Tightened`` of a prompt."""
    if "\ue000" in text or "\ue001" in text:
        return Tightened(text, ())
    kept, removed = [], []

    def hide(match):
        kept.append(match[0])
        return _MARK.format(len(kept) - 1)

    def show(some):
        while _MARKED.search(some):  # a quotation may hold a variable
            some = _MARKED.sub(lambda match: kept[int(match[1])], some)
        return some

    work = _KEEP.sub(hide, text)
    spaced = _spaced(work)
    if spaced != work:
        removed.append(Removed("space", str(len(work) - len(spaced))))
    work = _undoubled(spaced, show, removed)
    work = _openings(work, removed)
    for found, rule in ((_CLOSING, "politeness"), (_THANKS, "politeness")):
        removed += (Removed(rule, match[0].strip(", \n")) for match in found.finditer(work))
        work = found.sub("", work)
    for found, short in _SHORTER:
        work = found.sub(lambda match, short=short: _said(match, short, removed), work)
    result = show(work).strip()
    if not result or facts(result) != facts(text):
        return Tightened(text, ())
    return Tightened(result, tuple(removed[:MOST_NAMED]))


def facts(text):
    """Return what no rule may touch: variables, numbers and negations of a text."""
    return (
        variables(text),
        frozenset(re.findall(r"\d+(?:[.,:/-]\d+)*", text)),
        frozenset(match[0].lower() for match in _NEGATION.finditer(text)),
    )


def _spaced(text):
    lines = []
    for line in text.splitlines():
        bare = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if bare.startswith("|") or len(indent) > 3 or "\t" in line:
            lines.append(line.rstrip())  # a table, or code
        else:
            lines.append(indent + re.sub(r" {2,}", " ", bare))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _openings(text, removed):
    def cut(match):
        filler = match["filler"].strip().lower()
        rule = "filler" if filler.endswith((" that", " que", " to")) else "politeness"
        removed.append(Removed(rule, match["filler"].strip()))
        return match["item"] + match["next"].upper()

    for _again in range(3):  # "Please make sure to …"
        shorter = _OPENING.sub(cut, text)
        if shorter == text:
            break
        text = shorter
    return text


def _said(match, short, removed):
    removed.append(Removed("shorter", match[0]))
    return short[0].upper() + short[1:] if match[0][0].isupper() else short


def _undoubled(text, show, removed):
    """Leave out a sentence that stands in the same section already, word for word."""
    seen, lines = set(), []
    for line in text.split("\n"):
        if _HEADING.match(line):
            seen.clear()
        if _LABEL.match(line) or _HEADING.match(line) or line.lstrip().startswith("|"):
            lines.append(line)  # an example's line is no instruction
            continue
        *sentences, rest = _END.split(line)
        shorter = "".join(_once(one, seen, show, removed) for one in sentences) + rest
        if shorter == line:
            lines.append(line)
        elif re.search(r"\w|\ue000", re.sub(r"^\s*(?:[-*•–]|\d{1,2}[.)])", "", shorter)):
            lines.append(shorter.strip() if line == line.lstrip() else shorter.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _once(sentence, seen, show, removed):
    bare = re.sub(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+", "", show(sentence))
    key = " ".join(bare.split()).casefold()
    if len(key.split()) < LEAST_WORDS or _LEANING.match(sentence):
        return sentence
    if key in seen:
        removed.append(Removed("doubled", " ".join(bare.split())))
        return ""
    seen.add(key)
    return sentence
