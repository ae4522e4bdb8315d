from odoo import fields, models


class AiCostAlert(models.Model):
    """An alert that was sent, so that it is sent once."""

    _name = "ai.cost.alert"
    _description = "AI Cost Alert"
    _order = "id desc"
    _rec_name = "message"

    kind = fields.Selection(
        [
            ("threshold", "Budget threshold"),
            ("anomaly", "Unusual spend"),
            ("check", "Threshold of the settings"),
            ("price", "Change of price"),
        ],
        required=True,
        readonly=True,
        help="What raised it.",
    )
    company_id = fields.Many2one(
        "res.company", readonly=True, ondelete="cascade", help="Company; empty: all of them."
    )
    budget_id = fields.Many2one(
        "ai.cost.budget", readonly=True, ondelete="cascade", index="btree_not_null", help="Budget."
    )
    day = fields.Date(
        required=True, readonly=True, help="Local date; of a budget, the first of its period."
    )
    subject = fields.Char(readonly=True, help="Of a budget for each: whose part of it.")
    key = fields.Char(
        required=True,
        readonly=True,
        help="What of that day: a threshold, user, addon or check.",
    )
    message = fields.Char(
        required=True,
        readonly=True,
        translate=True,
        help="What people were told, each in his own language.",
    )
    severity = fields.Selection(
        [("info", "Information"), ("warning", "Warning"), ("critical", "Critical")],
        required=True,
        readonly=True,
        help="How urgent it is.",
    )

    def init(self):
        # An expression index: NULLs are equal here, unlike in a constraint.
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS ai_cost_alert_once ON ai_cost_alert
                (kind, COALESCE(budget_id, 0), COALESCE(company_id, 0), day, key,
                 COALESCE(subject, ''))
            """
        )

    def _claim(self, values):
        """Insert the alert if it is the first of its kind; returns the record or none.

        ``message`` is the column of a translated text: the message in each language.

        Another transaction that is about to send the same one is waited for.
        """
        columns = {
            "create_uid": self.env.uid,
            "write_uid": self.env.uid,
            "create_date": fields.Datetime.now(),
            "write_date": fields.Datetime.now(),
            **values,
        }
        self.env.cr.execute(
            "INSERT INTO ai_cost_alert (create_uid, write_uid, create_date, write_date, kind,"
            " company_id, budget_id, day, subject, key, message, severity)"
            " VALUES (%(create_uid)s, %(write_uid)s, %(create_date)s, %(write_date)s, %(kind)s,"
            " %(company_id)s, %(budget_id)s, %(day)s, %(subject)s, %(key)s, %(message)s,"
            " %(severity)s)"
            " ON CONFLICT DO NOTHING RETURNING id",
            {
                "company_id": None,
                "budget_id": None,
                "subject": None,
                "severity": "warning",
                **columns,
            },
        )
        found = self.env.cr.fetchone()
        return self.browse(found[0] if found else [])
