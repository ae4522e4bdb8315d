"""Answers of models are text of strangers: Markdown in, harmless HTML out."""

from functools import lru_cache

from markdown_it import MarkdownIt

from odoo.tools import html_sanitize

#: Rendering is linear, yet an answer of megabytes is better shown as it is.
MOST = 200_000
_SCHEMES = ("http:", "https:", "mailto:")


@lru_cache(maxsize=1)
def _parser():
    # "js-default" shows HTML as text. Images would tell their host who reads, so they are links.
    parser = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True})
    parser.disable("image")
    parser.validateLink = lambda url: url.strip().lower().startswith(_SCHEMES)
    parser.add_render_rule("link_open", _link_open)
    return parser


def _link_open(renderer, tokens, index, options, env):
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    return renderer.renderToken(tokens, index, options, env)


def to_html(text):
    """Return Markdown as sanitised HTML (str); without markup where it is too long to render."""
    if len(text) > MOST:
        return ""
    parser, env = _parser(), {}
    tokens = parser.parse(text, env)
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
