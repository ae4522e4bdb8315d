"""Arithmetic and judgement of the cost intelligence: pure Python, nothing of Odoo in it."""
