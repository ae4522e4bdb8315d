import json
from copy import deepcopy


def put_own_first(model, arch, columns, currency):
    """Put amounts in ``currency`` before those in USD in a view, each headed with its currency.

    In lists, pivots and graphs they are numbers under a heading that names the currency, as they
    are added up there; in forms and on cards they are written as money, with all digits on hover.
    A list shows USD beside its first amount; the other ones in USD are to be chosen.

    :param arch: root of the view, which is changed
    :param dict columns: {field in USD: field of the same amount in ``currency``}
    """
    beside = set()
    for name, own in columns.items():
        for label in arch.findall(f".//label[@for='{name}']"):
            label.set("for", own)
        for column in arch.findall(f".//field[@name='{name}']"):
            view = next(one.tag for one in column.iterancestors() if one.tag in VIEWS)
            title = column.get("string") or model.fields_get([name], ["string"])[name]["string"]
            title = title.removesuffix(" (USD)")
            first = deepcopy(column)
            first.tail = None
            first.set("name", own)
            first.set("string", f"{title} ({currency.name})")
            if view in WRITTEN and model._fields[own].type != "char":
                _, _, before, after, decimals = currency._ai_own_manner()
                options = {"signs": [before, after, decimals]}
                first.set("widget", "usd")
                first.set("options", json.dumps(options, ensure_ascii=False))
            else:  # a number under its heading, or a text already
                first.attrib.pop("widget", None)
            if view == "pivot":
                first.set("widget", "float")  # written as money there, without a sign
            column.set("string", f"{title} (USD)")
            for attribute in ("decoration-success", "decoration-danger"):
                column.attrib.pop(attribute, None)
            if view in ("graph", "pivot"):
                column.attrib.pop("type", None)  # to be chosen
            if view == "list":
                if column.getparent() in beside:
                    column.set("optional", "hide")
                beside.add(column.getparent())
            column.addprevious(first)
            if view == "kanban":
                first.tail = column.tail
                column.getparent().remove(column)  # a card has room for one amount
            elif column.getparent().tag == "h1":
                column.set("class", "fs-4 fw-normal text-700 ms-3")


#: Tags of views that hold columns.
VIEWS = ("list", "form", "kanban", "pivot", "graph")
#: Of these those where an amount stands alone.
WRITTEN = ("form", "kanban")
