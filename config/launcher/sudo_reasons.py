"""Every step into superuser mode says why, beside it."""
import ast
import re

from launcher import layout

REASON = re.compile(r'#.*\bsudo\b')
#: A reason stands in the line of the call or at most so many lines above it.
ABOVE = 7


def find_missing():
    """Return ``file:line`` of calls of ``sudo()`` in the add-ons without a comment that says why.

    The docstring of a method that works "in superuser mode" throughout is a reason, too.

    :rtype: list[str]
    """
    missing = []
    for pattern, find in (('*.py', _find_in_code), ('*.xml', _find_in_template)):
        for path in sorted(layout.ADDONS.rglob(pattern)):
            if 'tests' not in path.parts:
                missing += [f'{path.relative_to(layout.ROOT)}:{line}' for line in find(path.read_text())]
    return missing


def _find_in_template(text):
    lines = text.splitlines()
    return [
        number for number, line in enumerate(lines, 1)
        if '.sudo(' in line and not any('<!-- sudo:' in above for above in lines[max(number - ABOVE, 0):number])
    ]


def _find_in_code(text):
    lines = text.splitlines()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    found = set()
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'sudo'):
            continue
        if node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value is False:
            continue
        line = node.func.end_lineno
        around = [function for function in functions if function.lineno <= line <= function.end_lineno]
        first = max([line - ABOVE, *(function.lineno for function in around)])
        documented = any('superuser mode' in (ast.get_docstring(function) or '') for function in around)
        if not documented and not any(map(REASON.search, lines[first - 1:line])):
            found.add(line)
    return sorted(found)
