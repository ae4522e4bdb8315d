"""./sam bench: the benchmarks, one after another, on a durable private PostgreSQL."""

import contextlib
import subprocess

from . import build, environment, odoo_source, pg_server, workbench
from .paths import ROOT, cache_dir
from .ui import Failure, end_process, say


def run(options) -> int:
    """`./sam bench [NAME…]`: 0 only if each benchmark ran and held its own bounds.

    A benchmark is a script of benchmarks/ that gets ODOO_RC, ODOO_HOME and SAM_TEMPLATE_DB as the
    process tests do, prints its figures, and exits non-zero when a bound is broken.
    """
    there = {p.stem: p for p in sorted((ROOT / "benchmarks").glob("*.py")) if p.stem[0] != "_"}
    wanted = options.names or list(there)
    unknown = [name for name in wanted if name.removesuffix(".py") not in there]
    if unknown or not there:
        raise Failure(
            f"No benchmark {', '.join(unknown) or 'in benchmarks/'}. There are: {', '.join(there)}"
        )
    failed = []
    series, tree = odoo_source.choose(options.series, options.odoo)
    python = environment.python_for("dev", series)
    addons = build.edition(series, tree, python)
    named = pg_server.named_server(options.db_url, python)
    logs = cache_dir() / "logs" / "bench"
    with contextlib.ExitStack() as stack:
        bench = stack.enter_context(
            workbench.Workbench(tree, python, named, durable=True, addons=addons)
        )
        template = bench.installed_template(logs)
        for name in wanted:
            name = name.removesuffix(".py")
            say(f"\n== {name}")
            database = bench.database(f"bench_{name}", template=template)
            config = bench.configure(database)
            fsync = bench.server.run("SHOW fsync")[0][0][0]
            say(f"   PostgreSQL with fsync {fsync}")
            env = bench.odoo.environment(
                ODOO_RC=str(config),
                ODOO_HOME=str(tree),
                SAM_TEMPLATE_DB=template,
                SAM_TEST_ADDONS=str(addons / build.TEST_ADDONS),
                SAM_ROOT=str(ROOT),
                SAM_FSYNC=fsync,
            )
            # only those that read public data take the option
            reads = options.data and "--data" in there[name].read_text(encoding="utf-8")
            more = ["--data", options.data] if reads else []
            process = subprocess.Popen(
                [str(python), str(there[name]), *more], cwd=ROOT, env=env, start_new_session=True
            )
            try:
                if process.wait():
                    failed.append(name)
            finally:
                end_process(process)
            bench.server.drop(database)
    say()
    say(f"{len(wanted) - len(failed)} of {len(wanted)} benchmarks within their bounds")
    if failed:
        say(f"outside: {', '.join(failed)}")
    return 1 if failed else 0
