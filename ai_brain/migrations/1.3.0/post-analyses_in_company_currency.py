"""Kept analyses have their amounts in the company's currency, too.

They are summed from the ledger, where its rows are all in one currency and still make the amount in
USD that was kept; the others are shown at the rate of the day.
"""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE ai_token_analytics a
           SET currency_id = f.currency_id, cost_company = f.cost, saved_company = f.saved,
               could_have_saved_company = f.waste
          FROM (
              SELECT a.id, MIN(u.currency_id) AS currency_id, SUM(u.cost_usd) AS usd,
                     SUM(u.cost_company) AS cost,
                     SUM(u.saved_usd * COALESCE(u.currency_rate, 1)) AS saved,
                     SUM(u.could_have_saved_usd * COALESCE(u.currency_rate, 1)) AS waste
                FROM ai_token_analytics a
                JOIN ai_token_usage u ON u.company_id = a.company_id
                 AND u.local_date BETWEEN a.period_start AND a.period_end
                 AND (a.user_id IS NULL OR u.user_id = a.user_id)
               WHERE a.currency_id IS NULL
               GROUP BY a.id
              HAVING COUNT(DISTINCT COALESCE(u.currency_id, 0)) = 1
          ) f
         WHERE f.id = a.id AND f.currency_id IS NOT NULL AND f.usd = a.total_cost_usd
        """
    )
