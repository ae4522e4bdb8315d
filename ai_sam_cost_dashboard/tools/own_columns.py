from copy import deepcopy


def put_own_first(model, arch, columns, currency):
    """Put amounts in ``currency`` before those in USD in a view, each headed with its currency.

    :param arch: root of the view, which is changed
    :param dict columns: {field in USD: field of the same amount in ``currency``}
    """
    for name, own in columns.items():
        for column in arch.findall(f".//field[@name='{name}']"):
            title = column.get("string") or model.fields_get([name], ["string"])[name]["string"]
            title = title.removesuffix(" (USD)")
            first = deepcopy(column)
            first.attrib.pop("widget", None)
            if arch.tag == "pivot":
                first.set("widget", "float")  # written as money there, without a sign
            first.tail = None
            first.set("name", own)
            first.set("string", f"{title} ({currency.name})")
            column.set("string", f"{title} (USD)")
            if arch.tag in ("graph", "pivot"):
                column.attrib.pop("type", None)  # to be chosen
            column.addprevious(first)
            if arch.tag == "kanban":
                first.tail = column.tail
                column.getparent().remove(column)  # a card has room for one amount
