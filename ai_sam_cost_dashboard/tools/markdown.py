"""Answers of models are text of strangers: Markdown in, harmless HTML out, whatever it is.

A few kilobytes can ask for millions of table cells, or for emphasis that takes gigabytes to pair,
so what a text may become is capped while it is parsed: tokens, nesting, and the work of the rules
that look ahead. What passes a cap is shown as plain text, a paragraph or the whole answer.
"""

import hashlib
import threading
from collections import OrderedDict
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from odoo.tools import html_sanitize

#: Longest text that is rendered, in characters.
MOST = 100_000
#: Tokens of a whole text: a table cell takes four, a list item six, a bold word three.
MAX_TOKENS = 30_000
#: Elements within one another.
MAX_NESTING = 40
#: Characters that mean something, in one paragraph or cell; pairing them takes their square.
MAX_MARKS = 1_000
#: The sum of those squares in a whole text.
MAX_WORK = 4_000_000
#: Lines that may be looked through for definitions of links, over and over.
MAX_REFERENCE_LINES = 2_000
#: Characters of HTML that a process keeps.
KEPT = 4_000_000
_MARKS = "*_~[]!<&`\\"
_SCHEMES = ("http:", "https:", "mailto:")


class TooMuch(Exception):
    """The text asks for more than a cap allows."""


class _Block(StateBlock):
    def push(self, ttype, tag, nesting):
        _count(self.env)
        if self.level > MAX_NESTING:
            raise TooMuch("nesting")
        return super().push(ttype, tag, nesting)


class _Inline(StateInline):
    def push(self, ttype, tag, nesting):
        _count(self.env)
        return super().push(ttype, tag, nesting)


def _count(env):
    env["tokens"] += 1
    if env["tokens"] > MAX_TOKENS:
        raise TooMuch("tokens")


def _block(state):
    inner = _Block(state.src, state.md, state.env, state.tokens)
    state.md.block.tokenize(inner, inner.line, inner.lineMax)


def _inline(state):
    for token in state.tokens:
        if token.type == "inline":
            token.children = _words(token.content, state)


def _words(content, state):
    """The tokens of a paragraph: its text alone where parsing it would be too much work."""
    marks = sum(content.count(mark) for mark in _MARKS)
    state.env["work"] += min(marks, MAX_MARKS) ** 2
    if marks <= MAX_MARKS and state.env["work"] <= MAX_WORK:
        inner = _Inline(content, state.md, state.env, [])
        state.md.inline.tokenize(inner)
        for rule in state.md.inline.ruler2.getRules(""):
            rule(inner)
        if _depth(inner.tokens) <= MAX_NESTING:
            return inner.tokens
    return [Token("text", "", 0, content=content)]


def _depth(tokens):
    depth = deepest = 0
    for token in tokens:
        depth += token.nesting
        deepest = max(deepest, depth)
    return deepest


def _reference(state, start, end, silent):
    """A definition is looked for in every line of a paragraph, each time through to its end."""
    line = start
    while line < end and not state.isEmpty(line):
        line += 1
        state.env["reference_lines"] += 1
        if state.env["reference_lines"] > MAX_REFERENCE_LINES:
            return False
    return reference(state, start, end, silent)


@lru_cache(maxsize=1)
def _parser():
    # "js-default" shows HTML as text. Images would tell their host who reads, so they are links.
    parser = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True})
    parser.disable("image")
    parser.core.ruler.at("block", _block)
    parser.core.ruler.at("inline", _inline)
    parser.block.ruler.at("reference", _reference, {"alt": []})
    parser.validateLink = lambda url: url.strip().lower().startswith(_SCHEMES)
    parser.add_render_rule("link_open", _link_open)
    return parser


def _link_open(renderer, tokens, index, options, env):
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    return renderer.renderToken(tokens, index, options, env)


def to_html(text):
    """Return Markdown as sanitised HTML (str); '' where it is too much, to be shown as it is.

    What was rendered once is kept in this process, so that reopening a thread costs nothing.
    """
    if len(text) > MOST:
        return ""
    key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    html = _kept.get(key)
    if html is None:
        html = _kept.put(key, _render(text))
    return html


def _render(text):
    parser = _parser()
    env = {"tokens": 0, "work": 0, "reference_lines": 0}
    try:
        tokens = parser.parse(text, env)
    except TooMuch:
        return ""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # The page's own headings stand above those of an answer.
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    html = parser.renderer.render(tokens, parser.options, env)
    return str(
        html_sanitize(
            html,
            sanitize_tags=True,
            sanitize_attributes=True,
            sanitize_style=True,
            sanitize_form=True,
            strip_style=True,
            strip_classes=True,
            silent=True,
        )
    )


class _Kept:
    """The HTML of the texts rendered last, up to so many characters."""

    def __init__(self, most):
        self._most, self._size = most, 0
        self._texts, self._lock = OrderedDict(), threading.Lock()

    def get(self, key):
        with self._lock:
            html = self._texts.get(key)
            if html is not None:
                self._texts.move_to_end(key)
            return html

    def put(self, key, html):
        with self._lock:
            self._size += len(html) - len(self._texts.pop(key, ""))
            self._texts[key] = html
            while self._size > self._most:
                _key, dropped = self._texts.popitem(last=False)
                self._size -= len(dropped)
        return html


_kept = _Kept(KEPT)
