"""A cost breakdown as a file: every amount with all its digits, whatever its size."""

import csv
import io
import re
from decimal import Decimal

#: As many decimals as an amount has, two at least: $0.0004 is neither 0.00 nor 4E-04.
USD_FORMAT = "[$$-409]#,##0.00##########"
_BREAKS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
# A sign that begins a formula, where a cell may begin: at the start, or behind what a spreadsheet
# may split at. Some take signs of full width for the narrow ones.
_FORMULA = re.compile(rf'(^|[,;|:"{_BREAKS}])([ \xa0\u200b\u3000\ufeff]*)([-=+@＝＋－＠\u2212])')
_BREAK = re.compile(f"[{_BREAKS}]+")


def plain(amount):
    """Return a float's shortest exact digits without an exponent, with two decimals at least.

    >>> plain(0.0004), plain(1.5), plain(1e-9), plain(12)
    ('0.0004', '1.50', '0.000000001', '12.00')
    """
    text = format(Decimal(repr(amount)), "f")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def text_cell(text):
    """Return a text of one line that no spreadsheet takes for a formula, however it splits it.

    >>> text_cell("=1+1"), text_cell("a;=1"), text_cell("a-b")
    ("'=1+1", "a;'=1", 'a-b')
    """
    return _BREAK.sub(" ", _FORMULA.sub(r"\1\2'\3", text))


def to_csv(breakdown, titles, header, made, steps=("", ())):
    """Return the breakdown as CSV (bytes, UTF-8 with a byte order mark for spreadsheets).

    :param dict breakdown: as ``ai.token.analytics.get_cost_breakdown`` returns it
    :param dict titles: key of each breakdown (``by_module`` …) to its title, in order
    :param list header: titles of the columns
    :param made: (label, moment) of when the figures were read, the last row; the one before it is
        the total
    :param steps: (title, [(label, USD as text, amount in the company's currency)]): what the
        period before cost and why this one cost another amount, in steps that sum to the total;
        they stand before it
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([text_cell(title) for title in header])
    lines = list(_lines(breakdown, titles))
    for title, line in lines[:-1]:
        writer.writerow(_csv_row(title, line))
    title, found = steps
    for label, usd, company in found:
        row = [text_cell(title), text_cell(label), usd, plain(company)]
        writer.writerow([*row, *[""] * (len(header) - len(row))])
    writer.writerow(_csv_row(*lines[-1]))
    writer.writerow([*map(text_cell, made), *[""] * (len(header) - len(made))])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _csv_row(title, line):
    change = line["change_company_pct"]
    return [
        text_cell(title),
        text_cell(line["label"]),
        plain(line["cost_usd"]),
        plain(line["cost_company"]),
        line["calls"],
        f"{line['share_pct']:.2f}",
        plain(line["previous_usd"]),
        plain(line["previous_company"]),
        plain(line["change_company"]),
        "" if change is None else f"{change:.2f}",
    ]


def to_xlsx(breakdown, titles, header, summary, steps=("", ())):
    """Return the breakdown as XLSX (bytes): a summary, then a sheet for each breakdown.

    :param list summary: (label, value) pairs; floats are amounts in USD
    :param steps: as of :func:`to_csv`, on a sheet of their own
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    bold = book.add_format({"bold": True})
    usd = book.add_format({"num_format": USD_FORMAT})
    money = book.add_format({"num_format": "#,##0.00##########"})
    percent = book.add_format({"num_format": "0.00"})
    sheet = book.add_worksheet(_sheet_name(summary[0][1]))
    sheet.set_column(0, 1, 32)
    for row, (label, value) in enumerate(summary):
        sheet.write_string(row, 0, label, bold)
        if isinstance(value, float):
            sheet.write_number(row, 1, value, usd)
        elif isinstance(value, int):
            sheet.write_number(row, 1, value)
        else:
            sheet.write_string(row, 1, value)
    title, found = steps
    if found:
        sheet = book.add_worksheet(_sheet_name(title))
        sheet.write_row(0, 0, header[1:4], bold)
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 2, 18)
        total = breakdown["total"]
        found = [*found, (total["label"], total["cost_usd"], total["cost_company"])]
        for row, (label, amount, company) in enumerate(found, 1):
            sheet.write_string(row, 0, label, bold if row == len(found) else None)
            sheet.write_number(row, 1, float(amount), usd)
            sheet.write_number(row, 2, company, money)
    for key, title in titles.items():
        sheet = book.add_worksheet(_sheet_name(title))
        sheet.write_row(0, 0, header[1:], bold)
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, len(header), 18)
        sheet.freeze_panes(1, 0)
        for row, line in enumerate([*breakdown[key].values(), breakdown["total"]], 1):
            change = line["change_company_pct"]
            sheet.write_string(row, 0, line["label"], bold if line is breakdown["total"] else None)
            sheet.write_number(row, 1, line["cost_usd"], usd)
            sheet.write_number(row, 2, line["cost_company"], money)
            sheet.write_number(row, 3, line["calls"])
            sheet.write_number(row, 4, line["share_pct"], percent)
            sheet.write_number(row, 5, line["previous_usd"], usd)
            sheet.write_number(row, 6, line["previous_company"], money)
            sheet.write_number(row, 7, line["change_company"], money)
            if change is not None:
                sheet.write_number(row, 8, change, percent)
    book.close()
    return buffer.getvalue()


def _lines(breakdown, titles):
    for key, title in titles.items():
        for line in breakdown[key].values():
            yield title, line
    yield breakdown["total"]["label"], breakdown["total"]


def _sheet_name(title):
    return "".join(" " if char in "[]:*?/\\" else char for char in title)[:31] or "1"
