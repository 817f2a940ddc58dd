"""The launcher behind `./cfia`: sets up Odoo, a database and the tools, and runs them.

Everything up to the virtual environment (`layout`, `console`, `debian`, `odoo_tree`,
`python_env`) uses the standard library only; the rest runs inside that environment.
"""
