"""What the launcher makes of two runs of tests side by side."""
from pathlib import Path

from launcher import layout, templates, testing, workplace
from launcher.verbs import run


def test_every_test_is_in_one_share():
    for jobs in (1, 2):
        shares = testing.shares(jobs)
        assert len(shares) == jobs
        files = [
            path for share in shares for given in map(Path, share)
            for path in (given.glob('**/test_*.py') if given.is_dir() else [given])]
        assert len(files) == len(set(files))
        apart = {path for name in layout.APART for path in (layout.ADDONS / name).glob('tests/test_*.py')}
        assert set(files) == {
            *layout.ADDONS.glob('*/tests/**/test_*.py'), *layout.TESTS.glob('**/test_*.py')} - apart


def test_closing_line_counts_all_runs(tmp_path):
    logs = [tmp_path / '1.txt', tmp_path / '2.txt']
    logs[0].write_text("a.py .. [100%]\n===== 2 passed, 1 skipped in 61.20s (0:01:01) =====\n")
    logs[1].write_text("b.py F. [100%]\n= 1 failed, 3 passed, 2 errors in 9.50s =\n")
    assert testing.summarise(logs).strip('=') == " 2 error, 1 failed, 1 skipped, 5 passed in 61.20s "
    assert testing.describe_progress(logs) == '100 %, 100 %'
    logs[1].write_text("killed")
    assert "1 run without a result" in testing.summarise(logs)


def test_links_follow_the_port_until_an_address_is_entered():
    databases, name = workplace.ensure('test').databases, f'{templates.PREFIX}ports'
    databases.drop(name)
    databases.query('postgres', f'CREATE DATABASE "{name}"')
    try:
        databases.query(name, "CREATE TABLE ir_config_parameter (key text UNIQUE, value text)")
        databases.query(name, "CREATE TABLE ir_mail_server (name text, smtp_port int)")
        read = "SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'"
        for port in (8069, 8070):
            run._follow_ports(databases, name, port, 25)
            assert databases.query(name, read) == [(f'http://localhost:{port}',)]
        databases.query(name, "UPDATE ir_config_parameter SET value = 'https://members.example.org'")
        run._follow_ports(databases, name, 8071, 25)
        assert databases.query(name, read) == [('https://members.example.org',)]
    finally:
        databases.drop(name)
