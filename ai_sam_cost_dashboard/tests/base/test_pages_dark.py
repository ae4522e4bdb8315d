import re

from odoo.tests import TransactionCase, tagged

from .pages import PagesCase

#: Whatever stands on a page of ours is dark: no box of some size keeps the white of a light page.
NO_LIGHT_BOX = """
        const canvas = document.createElement("canvas");
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        const lightness = (color) => {
            pen.clearRect(0, 0, 1, 1);
            pen.fillStyle = color;
            pen.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
            return (alpha / 255) * (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
        };
        const place = type === "dialog" ? ".modal-content" : ".o_action_manager";
        const boxes = [...document.querySelectorAll(`${place}, ${place} *`)];
        const light = boxes.filter((box) => {
            const { width, height } = box.getBoundingClientRect();
            const { backgroundColor } = getComputedStyle(box);
            return width * height > 400 && lightness(backgroundColor) > 0.7;
        });
        if (light.length || lightness(getComputedStyle(document.body).backgroundColor) > 0.1) {
            const nodes = light.map((box) => ({
                html: box.outerHTML.slice(0, 200),
                failureSummary: getComputedStyle(box).backgroundColor,
            }));
            const help = `${name}: light in the dark`;
            found.push({ id: "dark", impact: "serious", help, nodes });
        }
"""
DARK = {
    "ready": "body.o_web_client",
    "before": 'await appears(".o_kanban_view");',
    "rules": ["color-contrast"],
    "cookies": {"color_scheme": "dark"},
    "stock": (),
    "root": ".o_action_manager",
}


@tagged("post_install", "-at_install")
class TestPagesDark(PagesCase):
    """Every page and dialog of ours is dark and readable where the dashboard is.

    Odoo's own elements on them, too: nothing is forgiven because Community has it.
    """

    def test_forms_and_lists(self):
        self.check_pages(NO_LIGHT_BOX, ("list", "form"), 40, **DARK)

    def test_cards_charts_and_dialogs(self):
        self.check_pages(NO_LIGHT_BOX, ("kanban", "graph", "pivot", "dialog"), 20, **DARK)

    def test_settings_and_dialogs_on_a_phone(self):
        self.browser_size = "390x844"
        self.check_pages(NO_LIGHT_BOX, ("kanban", "dialog"), 9, **DARK)


@tagged("post_install", "-at_install", "every_series")
class TestColours(TransactionCase):
    def test_browsers_without_light_dark_keep_the_light_colour(self):
        """Each such colour comes after a plain one of the same property."""
        for bundle, least in (("assets_budget", 5), ("assets_what_if", 5)):
            bundle = self.env["ir.qweb"]._get_asset_bundle(f"ai_sam_cost_dashboard.{bundle}")
            style = bundle.css().raw.decode()
            found = re.findall(r"([\w-]+): ?light-dark\((#\w+), ?(#\w+)\)", style)
            self.assertEqual(len(found), style.count("light-dark("))
            self.assertGreaterEqual(len(found), least)
            for name, light, dark in found:
                plain = rf"{name}: ?{light}; ?{name}: ?light-dark\({light}, ?{dark}\)"
                self.assertRegex(re.sub(r"\s+", " ", style), plain)
