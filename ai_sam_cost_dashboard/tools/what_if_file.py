"""What-ifs side by side as a file: every amount with all its digits."""

import csv
import io

from .breakdown_file import USD_FORMAT, _sheet_name, plain, text_cell


def own_heads(currency, now, then):
    """Return the headings of the amounts in the company's currency; none where that is USD."""
    if currency.name == "USD":
        return []
    return [f"{title} ({currency.name})" for title in (now, then)]


def rows(found, kinds, own):
    """Return the rows of ``ai.what.if.get_comparison``: what-if, kind, name, calls, now and then
    in the company's currency where it has one of its own, the same in USD, and the quality of both;
    the total of each first.

    :param dict kinds: dimension of a line to its title
    :param dict own: id of a what-if to (now, then) in the company's currency of itself and of each
        line; {} where that is USD
    """

    def amounts(one, place, line):
        beside = own[one["id"]][place] if own else ()
        return [*beside, line["now_usd"], line["then_usd"]]

    made = []
    for one in found:
        made.append(
            (
                one["name"],
                kinds["total"],
                f"{one['date_from']} – {one['date_to']}",
                one["calls"],
                *amounts(one, 0, one),
                one["quality_now"] or "",
                one["quality_then"] or "",
            )
        )
        made += [
            (
                one["name"],
                kinds[line["dimension"]],
                line["label"],
                line["calls"],
                *amounts(one, place, line),
                line["quality_now"] or "",
                line["quality_then"] or "",
            )
            for place, line in enumerate(one["lines"], 1)
        ]
    return made


def to_csv(header, lines):
    """Return the rows as CSV (bytes, UTF-8 with a byte order mark for spreadsheets)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([text_cell(title) for title in header])
    for line in lines:
        writer.writerow(
            [
                text_cell(cell)
                if isinstance(cell, str)
                else plain(cell)
                if isinstance(cell, float)
                else cell
                for cell in line
            ]
        )
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def to_xlsx(title, header, lines):
    """Return the rows as XLSX (bytes), on one sheet."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    bold = book.add_format({"bold": True})
    usd = book.add_format({"num_format": USD_FORMAT})
    # under a heading that names the company's currency
    own = book.add_format({"num_format": USD_FORMAT.partition("]")[2]})
    in_usd = {place for place, name in enumerate(header) if name.endswith("(USD)")}
    sheet = book.add_worksheet(_sheet_name(title))
    sheet.write_row(0, 0, header, bold)
    sheet.set_column(0, 2, 32)
    sheet.set_column(3, len(header), 18)
    sheet.freeze_panes(1, 0)
    for at, line in enumerate(lines, 1):
        for place, cell in enumerate(line):
            if isinstance(cell, str):
                sheet.write_string(at, place, cell)
            elif isinstance(cell, float):
                sheet.write_number(at, place, cell, usd if place in in_usd else own)
            else:
                sheet.write_number(at, place, cell)
    book.close()
    return buffer.getvalue()
