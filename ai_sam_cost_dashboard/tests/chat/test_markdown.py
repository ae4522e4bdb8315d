import tracemalloc
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ...tools import markdown
from ...tools.markdown import to_html

PAYLOADS = (
    "<script>window.pwned=1</script>",
    '<svg onload="window.pwned=1"></svg>',
    '<img src=x onerror="window.pwned=1">',
    "[a](javascript:window.pwned=1)",
    "[a](JaVa&#115;cript:window.pwned=1)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "<javascript:window.pwned=1>",
    "![a](javascript:window.pwned=1)",
    '[a](https://x.example "onmouseover=window.pwned=1")',
    '```html"onmouseover="window.pwned=1\nx\n```',
    "| <iframe src=javascript:1> |\n|-|\n| <b onclick=x> |",
)

#: 8 kB that ask for four million table cells.
CELLS = "|" * 1001 + "\n" + "|-" * 1000 + "|\n" + "|\n" * 4000
#: Texts that took seconds to minutes, or gigabytes, at a fraction of this size.
GREEDY = {
    "cells": CELLS,
    "stars": "*a " * 33_333,
    "underscores": "_a " * 33_333,
    "nested emphasis": "*" * 5_000 + "a" + "*" * 5_000,
    "brackets": "[" * 100_000,
    "links in links": "[a][b" * 20_000,
    "definitions": "[a]: b\n" * 14_000,
    "definitions without an end": "[a]:\n" * 20_000,
    "quotes": (">" * 50 + "a\n") * 1_900,
    "lists": "- a\n" * 25_000,
    "numbers": "1. " * 33_333,
    "tables": "a|b\n-|-\n" * 12_500,
    "lines": "a\n" * 50_000,
}


def tags_and_depth(html):
    """(elements, how many of them are within one another at most) of a piece of HTML."""
    from lxml import html as parser

    def depth(element):
        return 1 + max(map(depth, element), default=0)

    tree = parser.fragment_fromstring(html or "<p></p>", create_parent="div")
    return sum(1 for _ in tree.iter()) - 1, depth(tree) - 1


@tagged("at_install")
class TestMarkdown(BaseCase):
    def test_markup_becomes_markup(self):
        html = to_html(
            "# Sum\n\n**Two** `x`\n\n- a\n\n|a|b|\n|-|-|\n|1|2|\n\n```sql\nselect 1\n```"
        )
        for part in ("<h3>Sum</h3>", "<strong>Two</strong>", "<li>a</li>", "<td>1</td>", "<pre>"):
            self.assertIn(part, html)

    def test_payloads_stay_text(self):
        from lxml import html

        for payload in PAYLOADS:
            tree = html.fragment_fromstring(to_html(payload) or "<p></p>", create_parent="div")
            for element in tree.iter():
                self.assertNotIn(element.tag, ("script", "svg", "img", "iframe", "style", "form"))
                for name, value in element.attrib.items():
                    self.assertFalse(name.startswith("on"), payload)
                    self.assertFalse(name == "style", payload)
                    if name == "href":
                        self.assertRegex(value, "^(https?|mailto):", payload)

    def test_links_open_apart_and_pictures_are_not_fetched(self):
        html = to_html("[a](https://example.com/a) ![b](https://example.com/b.png)")
        self.assertIn('target="_blank"', html)
        self.assertIn("noopener", html)
        self.assertNotIn("<img", html)

    def test_an_endless_answer_is_not_rendered(self):
        self.assertEqual(to_html("x" * (markdown.MOST + 1)), "")

    def test_a_greedy_answer_stays_within_the_caps(self):
        for name, text in GREEDY.items():
            with self.subTest(name):
                with patch.object(markdown, "_count", side_effect=markdown._count) as counted:
                    html = markdown._render(text)
                self.assertLessEqual(counted.call_count, markdown.MAX_TOKENS + 1)
                elements, depth = tags_and_depth(html)
                self.assertLessEqual(elements, markdown.MAX_TOKENS)
                self.assertLessEqual(depth, markdown.MAX_NESTING)

    def test_a_greedy_answer_takes_little_memory(self):
        for name in ("cells", "stars", "brackets"):
            with self.subTest(name):
                tracemalloc.start()
                self.addCleanup(tracemalloc.stop)
                markdown._render(GREEDY[name])
                _now, peak = tracemalloc.get_traced_memory()
                self.assertLess(peak, 64_000_000)

    def test_nothing_of_a_greedy_paragraph_is_lost(self):
        html = to_html("**Bold** first.\n\n" + "*a " * 2_000 + "end\n\n`code` last.")
        self.assertIn("<strong>Bold</strong>", html)
        self.assertIn("<code>code</code>", html)
        self.assertIn("*a *a *a", html)
        self.assertIn("end", html)

    def test_what_is_nested_too_deeply_is_shown_as_it_is(self):
        self.assertEqual(to_html(">" * 60 + " hidden"), "")
        self.assertIn("seen", to_html(">" * 10 + " seen"))

    def test_a_long_answer_of_usual_density_is_rendered(self):
        part = "This *is* an answer with `code` and **bold** words [1].\n\n- one\n- two\n\n"
        part += "|a|b|\n|-|-|\n|1|2|\n\n```py\nx = values[0] * 2\n```\n\n"
        self.assertEqual(to_html(part * 300).count("<strong>bold</strong>"), 300)

    def test_what_was_rendered_is_kept_and_not_rendered_again(self):
        text = "**once** and no more"
        html = to_html(text)
        with patch.object(markdown, "_render", side_effect=AssertionError("rendered again")):
            self.assertEqual(to_html(text), html)

    def test_what_is_kept_is_bounded(self):
        kept = markdown._Kept(100)
        for number in range(50):
            kept.put(number, "x" * 30)
        self.assertEqual([n for n in range(50) if kept.get(n)], [47, 48, 49])
        kept.put(49, "y" * 20)
        self.assertEqual(kept.get(49), "y" * 20)
        kept.put(50, "x" * 101)
        self.assertEqual([n for n in range(51) if kept.get(n)], [])
