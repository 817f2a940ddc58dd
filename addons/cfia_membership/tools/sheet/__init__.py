"""Every list that somebody hands in is read here, whatever program made it."""
from .open import Sheet, SheetError, read_sheets

__all__ = ['Sheet', 'SheetError', 'read_sheets']
