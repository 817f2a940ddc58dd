"""The list of transactions that a Chinese bank or payment platform exports, however its columns stand."""
