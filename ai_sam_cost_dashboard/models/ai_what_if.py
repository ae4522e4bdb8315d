import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import what_if_file
from ..tools.short_day import short_day


class AiWhatIf(models.Model):
    """What a person sees of a what-if: its days as a chart, and its file."""

    _inherit = "ai.what.if"

    daily = fields.Json(compute="_compute_daily", help="Cost now and then, as the chart draws it.")

    @api.depends("state", "day_line_ids")
    @api.depends_context("lang", "company")
    def _compute_daily(self):
        money = self._own_currency()._ai_text
        for one in self:
            lines = one.day_line_ids.sorted("day")
            labels = [short_day(self.env, line.day) for line in lines]
            now, then = lines.mapped("now_listed"), lines.mapped("then_listed")
            highest = max([*now, *then], default=0.0)
            one.daily = {
                "title": self.env._("Cost a day, now and then"),
                "names": {"now": self.env._("Now"), "then": self.env._("Then")},
                "highest": self.env._("Highest: %s", money(highest)),
                "labels": labels,
                "now": now,
                "then": then,
                "texts": [
                    self.env._(
                        "%(day)s: %(now)s, then %(then)s",
                        day=label,
                        now=money(line.now_listed),
                        then=money(line.then_listed),
                    )
                    for label, line in zip(labels, lines, strict=True)
                ],
            }

    def action_view_days(self):
        """Open the result as graph and table."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Results of “%s”", self[:1].name),
            "res_model": "ai.what.if.line",
            "view_mode": "graph,pivot,list",
            "domain": [("what_if_id", "in", self.ids)],
            "context": {"search_default_days": 1},
        }

    def action_export(self):
        """Send the results as a file."""
        self.check_access("read")
        done = self.filtered(lambda one: one.state == "done")
        if not done:
            raise UserError(self.env._("Choose what-ifs that are done."))
        ids = json.dumps(done.ids)
        return {
            "type": "ir.actions.act_url",
            "url": f"/ai_costs/what_if/xlsx?ids={ids}",
            "target": "download",
        }

    @api.model
    def export_what_ifs(self, file_format, ids):
        """Return (file name, content type, bytes) of what-ifs side by side.

        :param str file_format: csv or xlsx
        :param list ids: as :meth:`get_comparison` takes them
        :raise UserError: another format, or what-ifs that are not done
        """
        if file_format not in ("csv", "xlsx"):
            raise UserError(self.env._("A what-if is exported as csv or xlsx."))
        found = self.get_comparison(ids)
        kinds = self.env["ai.what.if.line"]._fields["dimension"]._description_selection(self.env)
        header = [
            self.env._("What If"),
            self.env._("Kind of Line"),
            self.env._("Name"),
            self.env._("Calls"),
            *what_if_file.own_heads(self._own_currency(), self.env._("Now"), self.env._("Then")),
            self.env._("Now (USD)"),
            self.env._("Then (USD)"),
            self.env._("Quality Now"),
            self.env._("Quality Then"),
        ]
        own = {}
        if self._own_currency().name != "USD":
            for one in self.browse([one["id"] for one in found]):
                lines = one.line_ids.filtered(lambda line: line.dimension != "total")
                own[one.id] = [(each.now_listed, each.then_listed) for each in (one, *lines)]
        rows = what_if_file.rows(found, dict(kinds), own)
        if file_format == "csv":
            kind = "text/csv; charset=utf-8"
            return "ai_what_if.csv", kind, what_if_file.to_csv(header, rows)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return "ai_what_if.xlsx", kind, what_if_file.to_xlsx(self.env._("What If"), header, rows)
