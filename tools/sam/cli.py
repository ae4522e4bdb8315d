"""The command line of ./sam."""

import argparse

from . import ui
from .odoo_source import SERIES


def _parser():
    parser = argparse.ArgumentParser(
        prog="./sam", description="SAM AI cost intelligence for Odoo: try it, test it, measure it."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, text, *, database=True, series=True):
        sub = commands.add_parser(name, help=text, description=text)
        if series:
            sub.add_argument("--series", choices=SERIES, help="of Odoo (default: 18.0 if there is)")
        if database:
            sub.add_argument("--odoo", metavar="DIR", help="an Odoo source tree to use")
            sub.add_argument(
                "--db-url",
                metavar="URL",
                help="a PostgreSQL server to use: postgresql://role:password@host:port[/database]",
            )
        return sub

    demo = command("demo", "serve a database with both addons and demo data on 127.0.0.1")
    demo.add_argument("--port", type=int, help="the HTTP port (8069, or the next free one)")
    demo.add_argument("--reset", action="store_true", help="throw the demo database away first")
    demo.add_argument("--prepare", action="store_true", help="make everything ready, do not serve")

    shell = command("shell", "an Odoo shell on the demo database; reads a script from stdin")
    shell.add_argument("--reset", action="store_true", help="throw the demo database away first")

    command("pictures", "make the pictures of the documentation anew, from the demo company")

    test = command("test", "run the tests; the last line counts them")
    test.add_argument(
        "select",
        nargs="*",
        metavar="PART|PATH",
        help="engine, upgrade, addons, browser, process, carry, or files (default: all)",
    )
    test.add_argument("-k", metavar="WORDS", help="only tests whose name contains one of WORDS")
    test.add_argument("--random-seed", type=int, metavar="N", help="shuffle the tests by this seed")
    # what a whole run starts for the other series: its shorter tests, their counts into a file
    test.add_argument("--beside", metavar="FILE", help=argparse.SUPPRESS)

    lint = command(
        "lint",
        "ruff, house rules, pylint-odoo, eslint with prettier, and XML",
        database=False,
        series=False,
    )
    lint.add_argument("--odoo", metavar="DIR", help="an Odoo source tree to use")
    lint.add_argument("--fix", action="store_true", help="repair what can be repaired")

    build = command("build", "make the addons' edition for another series", database=False)
    build.set_defaults(series=SERIES[-1])
    build.add_argument("--out", metavar="DIR", help="where to (build/SERIES)")
    build.add_argument("--odoo", metavar="DIR", help="an Odoo source tree of that series")

    bench = command("bench", "run the benchmarks, or those named")
    bench.add_argument("names", nargs="*", metavar="NAME", help="files of benchmarks/, without .py")
    bench.add_argument(
        "--data", metavar="DIR", help="public data that some of them read; their docstrings name it"
    )
    return parser


def main(arguments=None) -> int:
    """Run one command; the exit code is 0 only if all of it succeeded."""
    options = _parser().parse_args(arguments)
    ui.install_signal_handlers()
    try:
        if options.command in ("demo", "shell", "pictures"):
            from . import demo as module

            run = {"demo": module.serve, "shell": module.shell}.get(
                options.command, module.pictures
            )
        elif options.command == "test":
            from . import testing as module

            run = module.run
        elif options.command == "build":
            from . import build as module

            run = module.run
        elif options.command == "lint":
            from . import lint as module

            run = module.run
        else:
            from . import bench as module

            run = module.run
        return run(options)
    except ui.Failure as failure:
        ui.say(f"\nsam: {failure}")
        return 1
    except ui.Interrupted as interruption:
        ui.say("\nstopped")
        return 128 + interruption.args[0]
