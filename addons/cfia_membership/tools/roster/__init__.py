"""Reading a legacy member list: pure Python, no database.

``columns`` knows what lists call their columns, ``reader`` opens the workbook and finds the table,
``values`` reads cells, ``evaluate`` decides what becomes of each row, ``writer`` gives rejected rows
back.
"""
