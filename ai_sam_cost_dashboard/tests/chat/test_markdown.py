from odoo.tests import BaseCase, tagged

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
        self.assertEqual(to_html("x" * 200_001), "")
