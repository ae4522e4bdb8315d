"""What a database holds of ours, row by row, and what of it another state of it has lost."""

import dataclasses

from .paths import OWN_ADDONS

OURS = ", ".join(f"'{name}'" for name in OWN_ADDONS)
# tables of Odoo's in which records of ours lie: the rows that an upgrade leaves alone are watched
SHARED = {"ir_cron": "ir.cron", "ir_rule": "ir.rule", "mail_template": "mail.template"}
# what people read: (table, model, column)
NAMES = (
    ("ir_ui_menu", "ir.ui.menu", "name"),
    ("ir_act_window", "ir.actions.act_window", "name"),
    ("ir_model", "ir.model", "name"),
    ("ir_model_fields", "ir.model.fields", "field_description"),
    ("ir_model_fields", "ir.model.fields", "help"),
    ("ir_model_fields_selection", "ir.model.fields.selection", "name"),
    ("res_groups", "res.groups", "name"),
    ("mail_template", "mail.template", "subject"),
)
WATCHED = ", ".join(f"'{t}'" for t in (*SHARED, "ir_config_parameter", "res_groups_users_rel"))
COLUMNS = rf"""
    SELECT c.table_name, c.column_name
      FROM information_schema.columns c
      JOIN pg_class k ON k.relname = c.table_name AND k.relkind IN ('r', 'p')
     WHERE c.table_schema = current_schema
       AND (c.table_name LIKE 'ai\_%' OR c.table_name IN ({WATCHED})
            OR c.table_name = 'res_company'
               AND (c.column_name = 'id' OR c.column_name LIKE 'ai\_%'))
     ORDER BY c.table_name, c.column_name
"""
IDS = f"SELECT module || '.' || name, model, res_id FROM ir_model_data WHERE module IN ({OURS})"


@dataclasses.dataclass
class Contents:
    """`read` makes it.

    :ivar tables: table -> its columns, under the names that they had in the first state
    :ivar rows: table -> {id: digest of those columns}; a table without ids counts equal rows
    :ivar ids: external id -> [model, id]
    :ivar german: (table, column, external id) -> [English, German]
    :ivar missing: (table, column) of the first state that are gone
    """

    tables: dict
    rows: dict
    ids: dict
    german: dict
    missing: set = dataclasses.field(default_factory=set)


def read(server, database, like=None, renamed=None, without=()) -> Contents:
    """The contents of a database.

    :param like: contents of an earlier state: only its tables and columns are looked at
    :param dict renamed: (table, column) of that state -> the column's name now
    :param without: (table, column) pairs to leave out, under their earlier names
    """
    now = {}
    for table, column in server.run(COLUMNS, database=database)[0]:
        now.setdefault(table, []).append(column)
    tables = like.tables if like else now
    renamed = renamed or {}
    missing, queries, order = set(), [], []
    for table, columns in tables.items():
        chosen = {}
        for column in columns:
            name = column
            if column not in now.get(table, ()):
                name = renamed.get((table, column))
            if name not in now.get(table, ()):
                missing.add((table, column))
            elif (table, column) not in without:
                chosen[column] = name
        if chosen:
            order.append(table)
            queries.append(_digests(table, chosen))
    names = [_names(*place) for place in NAMES]
    answers = server.run(*queries, IDS, *names, database=database)
    rows = {table: dict(answer) for table, answer in zip(order, answers)}
    ids = {name: [model, res_id] for name, model, res_id in answers[len(order)]}
    german = {}
    for (table, _model, column), answer in zip(NAMES, answers[len(order) + 1 :]):
        german.update({(table, column, name): texts for name, *texts in answer})
    return Contents(tables, rows, ids, german, missing)


def _digests(table, columns):
    """The query for the ids and digests of the rows; as JSON, for columns have no order."""
    listed = ", ".join(f'"{now}" AS "{then}"' for then, now in sorted(columns.items()))
    where = ""
    if table in SHARED:
        where = (
            " WHERE id IN (SELECT res_id FROM ir_model_data"
            f" WHERE module IN ({OURS}) AND model = '{SHARED[table]}' AND noupdate)"
        )
    elif table == "ir_config_parameter":
        where = " WHERE key LIKE 'ai\\_%'"
    elif table == "res_groups_users_rel":
        where = (
            " WHERE gid IN (SELECT res_id FROM ir_model_data"
            f" WHERE module IN ({OURS}) AND model = 'res.groups')"
        )
    rows = f"(SELECT {listed} FROM {table}{where}) t"
    if "id" in columns:
        return f"SELECT id::text, md5(to_jsonb(t)::text) FROM {rows}"
    return f"SELECT md5(to_jsonb(t)::text), count(*)::text FROM {rows} GROUP BY 1"


def _names(table, model, column):
    return (
        f"SELECT d.module || '.' || d.name, t.{column}->>'en_US', t.{column}->>'de_DE'"
        f" FROM {table} t JOIN ir_model_data d ON d.model = '{model}' AND d.res_id = t.id"
        f" WHERE d.module IN ({OURS}) AND t.{column} ? 'de_DE'"
    )


def changed_rows(before: Contents, after: Contents) -> list:
    """Sentences on rows that are gone, or not what they were. New rows are none of them.

    >>> then = Contents({}, {"a": {"1": "x", "2": "y"}, "b": {"1": "x"}}, {}, {})
    >>> now = Contents({}, {"a": {"1": "x", "2": "z", "3": "x"}, "b": {}}, {}, {})
    >>> changed_rows(then, now)
    ['a: 1 changed (2)', 'b: 1 gone (1)']
    """
    found = []
    for table, rows in sorted(before.rows.items()):
        kept = after.rows.get(table, {})
        gone = sorted(rows.keys() - kept.keys())
        changed = sorted(key for key in rows.keys() & kept.keys() if rows[key] != kept[key])
        for keys, what in ((changed, "changed"), (gone, "gone")):
            if keys:
                found.append(f"{table}: {len(keys)} {what} ({', '.join(keys[:5])})")
    return found


def changed_german(before: Contents, after: Contents, without=()) -> list:
    """Sentences on names that were German and are not, or are another German.

    A name whose English is another now may well be another German; none it may not be.

    :param without: external ids that may be gone

    >>> a, b, c = (("ir_ui_menu", "name", f"x.{letter}") for letter in "abc")
    >>> then = Contents({}, {}, {}, {a: ["Costs", "Kosten"], b: ["Calls", "Rufe"], c: ["A", "B"]})
    >>> now = Contents({}, {}, {}, {a: ["Costs", "Koste"], b: ["All calls", "Alle Rufe"]})
    >>> changed_german(then, now)
    ['x.a, name of ir_ui_menu: Kosten -> Koste', 'x.c, name of ir_ui_menu: B -> None']
    >>> changed_german(then, now, without=["x.c"])
    ['x.a, name of ir_ui_menu: Kosten -> Koste']
    """
    found = []
    for key, (english, german) in before.german.items():
        table, column, name = key
        now = after.german.get(key, [english, None])
        if name not in without and (now[1] is None or (now[0] == english and now[1] != german)):
            found.append(f"{name}, {column} of {table}: {german} -> {now[1]}")
    return found
