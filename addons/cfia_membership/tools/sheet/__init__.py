"""Every list that somebody hands in is read here, whatever program made it."""
from .headings import Headings, Taught
from .open import Sheet, SheetError, read_sheets
from .tables import ListError, find_tables, read_lines

__all__ = ['Headings', 'ListError', 'Sheet', 'SheetError', 'Taught', 'find_tables', 'read_lines', 'read_sheets']
