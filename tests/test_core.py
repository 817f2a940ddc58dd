"""Odoo's own tests with the suite: the share of them that notices most; `./cfia core-tests` runs all, with and without."""
import pytest

from launcher import core_list, layout, templates, testing, workplace


@pytest.fixture(scope='module')
def place():
    """Return the set-up work tree."""
    return workplace.ensure('test')


def test_names(place):
    """What the list names is there."""
    missing = [
        name for names in core_list.read().values() for name in names
        if not all(
            part.partition('[')[0] in (core_list.find_folder(place, name.split('/')[0]).parent / name.split('::')[0]).read_text()
            for part in name.split('::')[1:])]
    assert not missing


def test_share(place):
    """These pass with the suite installed as they do without."""
    listed = core_list.read()
    database, outcomes = f'{templates.PREFIX}core_share', layout.RUN / 'core_share.tsv'
    place.databases.clone(templates.ensure_suite(place), database)
    try:
        outcomes.unlink(missing_ok=True)
        testing.start(place, database, [
            *testing.CORE_OPTIONS, *core_list.to_paths(place, listed['share']),
        ], layout.LOGS / f'{database}.txt', environ={core_list.OUTCOMES: str(outcomes)}).wait()
    finally:
        place.databases.drop(database)
    found = core_list.read_outcomes(outcomes)
    assert {name for name in listed['share'] if found.get(name, ('not run',))[0] != 'passed'} == set(), found
