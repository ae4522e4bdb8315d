import json
from copy import deepcopy

from lxml import etree

#: Tags of views that hold columns.
VIEWS = ("list", "form", "kanban", "pivot", "graph")
#: Of these those where an amount stands alone.
WRITTEN = ("form", "kanban")
#: What marks the figure of a button of a form.
STAT = "o_stat_value"
#: Pixels of a character of a heading, and of what is around it.
CHARACTER, AROUND = 8, 26
#: Pixels of a column at least.
LEAST = 68


def put_own_first(model, arch, currency):
    """Put amounts in ``currency`` before those in USD in a view, each headed with its currency.

    In lists, pivots and graphs they are numbers under a heading that names the currency, as they
    are added up there; in forms and on cards, and in columns that are neither added up nor have
    digits of their own, they are written as money, with all digits on hover.
    A list shows USD beside its first amount, in a form none; the other ones are to be chosen. A
    card and a button have room for one amount: USD is told on hover.

    :param model: model of the view; of lists in its form, those of the records in them
    :param arch: root of the view, which is changed
    """
    beside = set()
    for column in [*arch.iter("field")]:
        of, views = _model_of(model, column)
        name, known = column.get("name"), getattr(of, "_own_columns", None)
        own = known and known(views[0]).get(name) if views else None
        if not own:
            continue
        for label in arch.findall(f".//label[@for='{name}']"):
            label.set("for", own)
        title = column.get("string") or of.fields_get([name], ["string"])[name]["string"]
        title = title.removesuffix(" (USD)").replace("(USD, ", "(").removeprefix("USD")
        first = _first(column, own, f"{title} ({currency.name})" if title else currency.name)
        column.set("string", f"{title} (USD)" if title else "USD")
        parent = column.getparent()
        has_room = views[0] != "kanban" and STAT not in " ".join(
            one.get("class", "") for one in (column, parent)
        )
        for attribute in ("decoration-success", "decoration-danger"):
            column.attrib.pop(attribute, None)
        is_bare = views[0] == "list" and not (column.get("digits") or column.get("sum"))
        if (views[0] in WRITTEN or is_bare) and of._fields[own].type != "char":
            _, _, before, after, decimals = currency._ai_own_manner()
            options = {"signs": [before, after, decimals], **({} if has_room else {"usd": name})}
            first.set("widget", "usd")
            first.set("options", json.dumps(options, ensure_ascii=False))
        if views[0] in ("form", "list") and not of._fields[own].inverse:
            # what is typed into it would be lost
            first.set("readonly", "1")
            first.attrib.pop("required", None)
        if views[0] == "pivot":
            first.set("widget", "float")  # written as money there, without a sign
        if views[0] in ("graph", "pivot"):
            column.attrib.pop("type", None)  # to be chosen
        if views[0] == "list":
            is_entered = not (of._fields[name].readonly or of._fields[name].compute)
            if parent in beside or (len(views) > 1 and not is_entered):
                column.set("optional", "hide")
            if first.get("optional") != "hide":
                beside.add(parent)
            for one in (first, column):
                width = max(LEAST, CHARACTER * len(one.get("string")) + AROUND)
                one.set("width", f"{width}px")
        column.addprevious(first)
        if not has_room:
            first.tail = column.tail
            parent.remove(column)
        elif parent.tag == "h1":
            column.set("class", "fs-4 fw-normal text-700 ms-3")
        elif views[0] == "form" and parent.tag == "group":
            _put_on_one_line(first, column, title)


def _model_of(model, column):
    """Return (model of a column, tags of the views around it from the inside out)."""
    above = [one for one in column.iterancestors() if one.tag in (*VIEWS, "field")]
    for one in reversed(above):
        field = model._fields.get(one.get("name")) if one.tag == "field" else None
        if field and field.comodel_name:
            model = model.env[field.comodel_name]
    return model, [one.tag for one in above if one.tag in VIEWS]


def _first(column, name, title):
    first = deepcopy(column)
    first.tail = None
    first.attrib.pop("widget", None)
    first.set("name", name)
    first.set("string", title)
    return first


def _put_on_one_line(first, column, title):
    """Have two amounts of a group share a label and a line."""
    label = etree.Element("label", {"for": first.get("name"), "string": title})
    line = etree.Element("div", {"class": "d-flex flex-wrap column-gap-3"})
    line.tail = column.tail
    if column.get("invisible"):
        label.set("invisible", column.get("invisible"))
        line.set("invisible", column.get("invisible"))
    column.addprevious(label)
    column.addprevious(line)
    column.tail = None
    line.extend([first, column])
    for one in (first, column):
        one.attrib.pop("invisible", None)
        one.set("class", "w-auto" if one is first else "w-auto text-700")
