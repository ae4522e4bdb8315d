"""Runs SQL statements with psycopg2, in sam's environment: JSON on standard input and output.

Input `{"dsn": {...}, "statements": [...]}`, output a list with each statement's rows (or null).
"""

import json
import sys

import psycopg2

if __name__ == "__main__":
    task = json.load(sys.stdin)
    try:
        connection = psycopg2.connect(**task["dsn"])
    except psycopg2.OperationalError as error:
        sys.exit(str(error).strip())
    connection.autocommit = True
    answers = []
    with connection.cursor() as cursor:
        for statement in task["statements"]:
            try:
                cursor.execute(statement)
            except psycopg2.Error as error:
                sys.exit(f"{str(error).strip()}\n  in: {statement}")
            answers.append(cursor.fetchall() if cursor.description else None)
    json.dump(answers, sys.stdout, default=str)
