"""What a row of the ledger can be: kinds of answer, tasks."""
