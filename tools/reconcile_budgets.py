"""Compare the counters of AI budgets with the ledger, put right what differs, and say so.

    ./sam shell < tools/reconcile_budgets.py
    odoo-bin shell -d DATABASE --no-http < tools/reconcile_budgets.py

The scheduled action "AI budgets: reconcile with the ledger" does the same every day. The exit
status is 1 if a counter differed.
"""

found = env["ai.cost.budget.period"]._reconcile()  # noqa: F821  the shell's environment
for line in found["differing"]:
    print(
        "{budget} from {date_from}: spent {spent}, in the ledger {ledger}; "
        "held {reserved}, under way {open}".format(**line)
    )
print(f"{found['checked']} budget periods reconciled, {len(found['differing'])} differed.")
raise SystemExit(1 if found["differing"] else 0)
