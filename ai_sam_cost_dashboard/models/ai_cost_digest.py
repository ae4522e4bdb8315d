from odoo import api, fields, models
from odoo.tools import SQL, format_date

from odoo.addons.ai_brain.engine.ledger.kinds import REUSED

TOP = 3
#: Below that an amount is the dust of a conversion.
DIGITS = 9


class AiCostDigest(models.AbstractModel):
    """The mail on Mondays: what the past week cost, for managers who want it."""

    _name = "ai.cost.digest"
    _description = "Weekly Mail on AI Costs"

    @api.model
    def _cron_send(self):
        """Send what is due, a company at a time; a week is mailed once, whoever runs this."""
        domain = [("ai_weekly_digest", "=", True)]
        companies = self.env["res.company"].sudo().search(domain, order="id")
        for done, company in enumerate(companies, 1):
            first, last = self._week(company)
            if self._claim(company, first):
                self._send(company, first, last)
            self.env["ir.cron"]._notify_progress(done=done, remaining=len(companies) - done)

    @api.model
    def _week(self, company):
        """Return first and last local day of the last week that is over."""
        today = company._ai_local_date()
        first = fields.Date.start_of(fields.Date.subtract(today, days=7), "week")
        return first, fields.Date.add(first, days=6)

    @api.model
    def _claim(self, company, first, field="ai_digest_week"):
        """Note that a week (or day) is being mailed; False if it was, or another server is at
        it."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE res_company SET %(field)s = %(first)s
                 WHERE id = (SELECT id FROM res_company WHERE id = %(company)s
                                AND %(field)s IS DISTINCT FROM %(first)s
                              FOR NO KEY UPDATE SKIP LOCKED)
                """,
                field=SQL.identifier(field),
                first=first,
                company=company.id,
            )
        )
        company.invalidate_recordset([field])
        return bool(self.env.cr.rowcount)

    @api.model
    def _send(self, company, first, last):
        """Queue a mail for each manager, in their language and with what they may see."""
        mails = self.env["mail.mail"].sudo()
        recipients = self._recipients(company)
        sender = recipients and company._ai_sender()
        for user in recipients if sender else ():
            body = self._body(company, user, first, last)
            if body:
                mails |= mails.create(
                    {
                        "subject": self._subject(company, user, first, last),
                        "body_html": body,
                        "recipient_ids": [fields.Command.link(user.partner_id.id)],
                        "email_from": sender,
                        "auto_delete": True,
                    }
                )
        return mails

    @api.model
    def _recipients(self, company):
        managers = self.env.ref("ai_brain.group_ai_manager").sudo().users
        return managers.filtered(
            lambda user: user.active and user.email and company in user.company_ids
        )

    def _in_tongue_of(self, user, company):
        context = {"allowed_company_ids": company.ids, "lang": user.lang}
        return self.with_user(user).with_context(**context)

    @api.model
    def _subject(self, company, user, first, last):
        env = self._in_tongue_of(user, company).env
        return env._(
            "AI costs of %(company)s, %(first)s to %(last)s",
            company=company.name,
            first=format_date(env, first),
            last=format_date(env, last),
        )

    @api.model
    def _body(self, company, user, first, last):
        """Return the mail as HTML; empty for a week without calls in it or before it."""
        digest = self._in_tongue_of(user, company)
        week = {
            "period_type": "custom",
            "date_from": fields.Date.to_string(first),
            "date_to": fields.Date.to_string(last),
            "company_ids": company.ids,
        }
        data = digest.env["ai.token.analytics"].get_dashboard_data(**week)
        totals, proof = data["totals"], data["proof"]
        if not totals["calls"]["value"] and not totals["calls"]["previous"]:
            return ""
        return digest.env["ir.qweb"]._render(
            "ai_sam_cost_dashboard.digest_mail",
            {
                "company": company.sudo(),
                "first": format_date(digest.env, first),
                "last": format_date(digest.env, last),
                "totals": totals,
                "proof": proof if proof and proof["state"] == "proven" else None,
                "loss": digest._loss(proof),
                "note": data["currency_note"],
                "reused": digest._reused(company, first, last),
                "drivers": digest._drivers(data),
                "steps": digest._steps(week),
                "budgets": [
                    budget
                    for budget in (data.get("budget") or {}).get("budgets", [])
                    if budget["state"] != "ok"
                ],
                "money": digest._currency_of(data)._ai_text,
                "percent": _percent,
                "link": f"{digest.get_base_url()}/odoo/ai-costs",
            },
            minimal_qcontext=True,
        )

    @api.model
    def _loss(self, proof):
        """Return what is proven to cost more than it saves: this week, else since the holdouts
        began. ``company`` is what was spent more (None where it is not known of the week),
        ``text`` tells the interval, ``todo`` what to do; None where no loss is proven."""
        ever = (proof or {}).get("ever")
        if proof and proof["state"] == "loss":
            found, amount = proof, proof["company"]
        elif ever and ever["state"] == "loss":
            found, amount = ever, None
        else:
            return None
        lines = proof["agents"]
        names = [line["name"] for line in lines if line["state"] == "loss"]
        if names:
            todo = self.env._(
                "What to do: set %s to “Careful”, so that every call goes to its provider as it "
                "is, or switch off one setting at a time (AI Costs ▸ Configuration ▸ Agents). "
                "AI Costs ▸ Insights ▸ Savings shows what is proven of each.",
                ", ".join(f"“{name}”" for name in names),
            )
        else:
            todo = self.env._(
                "What to do: it is proven of all agents together, and not of one by itself. "
                "Compare them under AI Costs ▸ Insights ▸ Savings, and set those that save "
                "nothing to “Careful”, so that every call goes to its provider as it is."
            )
        return {
            "company": None if amount is None else -amount,
            "text": found["text"],
            "todo": todo,
        }

    @api.model
    def _currency_of(self, data):
        """Return the currency that amounts of ``get_dashboard_data`` in the company's are in."""
        return self.env["res.currency"].browse(data["currency"]["id"])

    def _reused(self, company, first, last):
        """Return a line for each kind of answer that cost nothing and was given in these days."""
        analytics = self.env["ai.token.analytics"]
        lines = analytics.get_daily_report(
            fields.Date.to_string(first),
            date_to=fields.Date.to_string(last),
            company_ids=company.ids,
        )
        return [line for line in lines if line["kind"] in REUSED and line["calls"]]

    def _steps(self, week):
        """Return why the week cost another amount than the one before: the steps that it took, by
        the amount that is printed. What a dollar was worth is a step that is 0 in USD."""
        steps = self.env["ai.token.analytics"].get_cost_bridge(**week)["steps"]
        return [step for step in steps if round(step["company"], DIGITS)]

    def _drivers(self, data):
        """Return (title, dearest lines) of the breakdowns that a person steers by."""
        titles = {
            "by_module": self.env._("By addon"),
            "by_user": self.env._("By user"),
            "by_provider": self.env._("By provider"),
        }
        return [
            (title, data["breakdowns"][key][:TOP])
            for key, title in titles.items()
            if data["breakdowns"].get(key)
        ]

    def get_base_url(self):
        return self.env["ir.config_parameter"].sudo().get_param("web.base.url", "")


def _percent(value, signed=False):
    return f"{value:{'+' if signed else ''}.0f}%"
