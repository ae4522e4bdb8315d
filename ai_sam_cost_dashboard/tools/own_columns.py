import json
from copy import deepcopy

from lxml import etree

#: Tags of views that hold columns.
VIEWS = ("list", "form", "kanban", "pivot", "graph")
#: Of these those where an amount stands alone.
WRITTEN = ("form", "kanban")
#: Pixels of a character of a heading, and of what is around it.
CHARACTER, AROUND = 8, 26


def put_own_first(model, arch, columns, currency):
    """Put amounts in ``currency`` before those in USD in a view, each headed with its currency.

    In lists, pivots and graphs they are numbers under a heading that names the currency, as they
    are added up there; in forms and on cards they are written as money, with all digits on hover.
    A list shows USD beside its first amount, in a form none; the other ones are to be chosen.

    :param arch: root of the view, which is changed
    :param dict columns: {field in USD: field of the same amount in ``currency``}
    """
    beside = set()
    for name, own in columns.items():
        for label in arch.findall(f".//label[@for='{name}']"):
            label.set("for", own)
        for column in arch.findall(f".//field[@name='{name}']"):
            views = [one.tag for one in column.iterancestors() if one.tag in VIEWS]
            title = column.get("string") or model.fields_get([name], ["string"])[name]["string"]
            title = title.removesuffix(" (USD)")
            first = _first(column, own, f"{title} ({currency.name})")
            column.set("string", f"{title} (USD)")
            parent = column.getparent()
            for attribute in ("decoration-success", "decoration-danger"):
                column.attrib.pop(attribute, None)
            if views[0] in WRITTEN and model._fields[own].type != "char":
                _, _, before, after, decimals = currency._ai_own_manner()
                options = {"signs": [before, after, decimals]}
                first.set("widget", "usd")
                first.set("options", json.dumps(options, ensure_ascii=False))
            if views[0] == "pivot":
                first.set("widget", "float")  # written as money there, without a sign
            if views[0] in ("graph", "pivot"):
                column.attrib.pop("type", None)  # to be chosen
            if views[0] == "list":
                if parent in beside or len(views) > 1:
                    column.set("optional", "hide")
                beside.add(parent)
                for one in (first, column):
                    one.set("width", f"{CHARACTER * len(one.get('string')) + AROUND}px")
            column.addprevious(first)
            if views[0] == "kanban":
                first.tail = column.tail
                parent.remove(column)  # a card has room for one amount
            elif parent.tag == "h1":
                column.set("class", "fs-4 fw-normal text-700 ms-3")
            elif views[0] == "form" and parent.tag == "group":
                _put_on_one_line(first, column, title)


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
