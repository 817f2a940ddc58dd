"""The command line: one module of `launcher.verbs` per verb."""
import argparse
import importlib
import sys

from launcher.console import LauncherError, warn

VERBS = {
    'run': "set up what is missing and serve the suite with demo data",
    'stop': "stop what `run` started",
    'reset': "delete the databases of this work tree; --all also the downloads",
    'test': "set up what is missing and run the tests",
    'check': "lint the add-ons, the launcher and the translations",
    'fuzz': "ask the suite's routes as strangers would, ten thousand times",
    'life': "live random lives of members and compare all figures with an oracle of the rules",
    'core-tests': "run Odoo's own tests with the suite and without, and print the difference",
    'matrix': "print who may do what; --write puts it into docs/access.md",
    'bench': "run a benchmark and print its table",
    'faults': "kill processes and the database in the middle of each act and ask what is left",
    'scale': "prove two servers, a replica and a proxy on this machine, and measure them",
    'image': "build the image, start docker-compose.yml in a Docker engine of its own and ask what has to hold",
    'screenshots': "take the handbooks' pictures from the served demo",
    'shell': "Odoo shell; reads a script from standard input",
    'setup': "set up what is missing, and nothing else",
    'odoo': "run Odoo's own command line with this work tree's configuration",
    'pytest': "run pytest-odoo on a database that is there",
    'py': "run Python of the environment",
}


def main():
    """Parse the arguments, run the verb and exit with its status."""
    parser = argparse.ArgumentParser(
        prog='./cfia', description="Set up, run and test the CFIA membership suite on Odoo 19.")
    verbs = parser.add_subparsers(dest='verb', metavar='VERB', required=True)
    for name, text in VERBS.items():
        verb = importlib.import_module(f"launcher.verbs.{name.replace('-', '_')}")
        # What is passed on untouched may start with a dash and ask for its own --help.
        passes = getattr(verb, 'PASSES_ARGUMENTS', False)
        subparser = verbs.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}.", add_help=not passes,
            prefix_chars='\0' if passes else '-',
            formatter_class=argparse.RawDescriptionHelpFormatter, epilog=verb.__doc__)
        verb.add_arguments(subparser)
        subparser.set_defaults(run=verb.run)
    arguments, unknown = parser.parse_known_args()
    if unknown:
        if not hasattr(arguments, 'args'):
            parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        arguments.args = unknown + arguments.args
    try:
        status = arguments.run(arguments)
    except LauncherError as error:
        warn(f"cfia: {error}")
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status or 0)
