from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    ai_daily_report = fields.Boolean(
        "Daily Mail on AI Costs",
        help="Each morning a mail with the day before, by kind of answer. For managers of AI "
        "costs.",
    )

    @property
    def SELF_READABLE_FIELDS(self):  # noqa: N802
        return [*super().SELF_READABLE_FIELDS, "ai_daily_report"]

    @property
    def SELF_WRITEABLE_FIELDS(self):  # noqa: N802
        return [*super().SELF_WRITEABLE_FIELDS, "ai_daily_report"]
