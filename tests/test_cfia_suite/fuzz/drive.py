"""A run: pages read for their forms, then requests, each judged."""
from collections import Counter

from .generator import Generator
from .judge import judge, read_forms

PAGES = (
    '/my/membership', '/my/membership/changes', '/my/membership/needs', '/my/referrals', '/my/membership/dues/relief',
)
#: Forms carry a token of the session: they are read again after so many requests.
READ_AGAIN = 400


def run(plan, seed, count, send):
    """Send ``count`` requests.

    :param send: function (identity, method, path, **kwargs of requests) → response, or None when the
        client itself refuses to send it
    :return: dictionary with ``sent``, ``statuses`` (Counter) and ``complaints`` (list of texts)
    """
    generator = Generator(plan, seed)
    report = {'sent': 0, 'statuses': Counter(), 'complaints': []}
    while report['sent'] < count:
        if report['sent'] % READ_AGAIN == 0:
            _learn(generator, plan, send)
        identity, method, path, kwargs = generator.next()
        answer = send(identity, method, path, **kwargs)
        report['sent'] += 1
        if answer is None:
            report['statuses']['not sent'] += 1
            continue
        report['statuses'][answer.status_code] += 1
        report['complaints'] += [
            f"{identity} {method} {path[:200]} {str(kwargs.get('data', ''))[:300]}: {complaint}"
            for complaint in judge(plan, identity, path, answer)
        ]
    return report


def _learn(generator, plan, send):
    for identity in ('one', 'two'):
        for path in (*PAGES, *(f'/my/membership/needs/{record}' for record in plan['ids']), *plan['links'][identity]):
            answer = send(identity, 'GET', path)
            if answer is not None and answer.status_code == 200:
                for action, fields in read_forms(answer).items():
                    generator.learn(identity, action or path, fields)
