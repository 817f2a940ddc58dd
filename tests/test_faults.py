"""Every act of the suite done by two processes at once, one of which is killed in the middle."""
from launcher import templates, workplace
from launcher.verbs import faults

ACTS = {'approval', 'dues_run', 'collection_round', 'list_freeze', 'import', 'bank_matching', 'quota_use'}


def test_a_kill_in_each_act():
    """Nothing is broken, nothing twice, nothing left half, and the work goes on; `./cfia faults` tries hundreds."""
    place = workplace.ensure('test')
    report = faults.try_all(place, f'{templates.PREFIX}faults_test', each=1, faults=['kill'])
    assert not report['broken']
    assert {act for act, *_figures in report['rows']} == ACTS
    assert any(interrupted for _act, _fault, _tried, interrupted, *_rest in report['rows'])
