"""Every step beyond the user's rights says why, beside it."""
import ast
import re

from launcher import layout

REASON = re.compile(r'#.*\bsudo\b')
#: A reason stands in the line of the call or at most so many lines above it.
ABOVE = 7
#: What else leaves the user's rights behind, as an argument that is true.
KEYWORDS = {'su', 'compute_sudo', 'related_sudo', 'bypass_access', 'bypass_search_access'}
#: The user whom rights do not bind, as an argument.
SUPERUSER = 'SUPERUSER_ID'
#: Scripts of migrations run as that user, each of them.
APART = {'tests', 'migrations'}


def find_missing():
    """Return ``file:line`` of steps beyond the user's rights in the add-ons without a comment that says why.

    Those are calls of ``sudo()``, arguments such as ``su=True``, ``compute_sudo=True`` or ``bypass_access=True``, and
    the superuser as an argument. The docstring of a method that works "in superuser mode" throughout is a reason, too.

    :rtype: list[str]
    """
    missing = []
    for pattern, find in (('*.py', _find_in_code), ('*.xml', _find_in_template)):
        for path in sorted(layout.ADDONS.rglob(pattern)):
            if not APART.intersection(path.parts):
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
        if not isinstance(node, ast.Call) or not (line := _get_line(node)):
            continue
        around = [function for function in functions if function.lineno <= line <= function.end_lineno]
        first = max([line - ABOVE, *(function.lineno for function in around)])
        documented = any('superuser mode' in (ast.get_docstring(function) or '') for function in around)
        if not documented and not any(map(REASON.search, lines[first - 1:line])):
            found.add(line)
    return sorted(found)


def _get_line(call):
    """Return the line of a call in which it leaves the user's rights behind, or None."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == 'sudo':
        back = call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value is False
        return None if back else call.func.end_lineno
    for keyword in call.keywords:
        if keyword.arg in KEYWORDS and isinstance(keyword.value, ast.Constant) and keyword.value.value is True:
            return keyword.value.lineno
    for argument in call.args:
        if isinstance(argument, ast.Name) and argument.id == SUPERUSER:
            return argument.lineno
    return None
