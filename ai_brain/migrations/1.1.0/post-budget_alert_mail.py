"""The mail of an alert forecasts what the budget's form does, in the same sentence.

It named the end of the calendar month whatever the period, and a day of reset that a budget in
total does not have. Only these two lines are replaced, in every language, and only where nobody
has rewritten them; the rest of the mail stays as its owner left it.
"""

import re

from psycopg2.extras import Json

FORECAST = re.compile(
    r'<li>[^<]*<t t-out="object\._money\(round\(object\.forecast_monthly, 2\)\)">'
    r"[^<]*</t>[^<]*</li>"
)
RESETS = re.compile(r"""<li>[^<]*<t t-out="ctx\.get\('ai_resets'\) or ''">[^<]*</t>[^<]*</li>""")


def migrate(cr, version):
    cr.execute(
        """
        SELECT t.id, t.body_html FROM mail_template t JOIN ir_model_data d ON d.res_id = t.id
         WHERE d.module = 'ai_brain' AND d.name = 'mail_template_budget_alert'
           AND d.model = 'mail.template'
        """
    )
    for template_id, bodies in cr.fetchall():
        changed = {lang: _sentences(body) for lang, body in (bodies or {}).items()}
        if changed != bodies:
            cr.execute(
                "UPDATE mail_template SET body_html = %s WHERE id = %s",
                (Json(changed), template_id),
            )


def _sentences(body):
    """Whole sentences come from the alert, in the reader's language."""
    body = FORECAST.sub("<li t-out=\"ctx.get('ai_forecast') or ''\"></li>", body)
    return RESETS.sub("<li t-out=\"ctx.get('ai_resets') or ''\"></li>", body)
