#!/usr/bin/env python3
"""Makes ai_brain/engine/choice/data/abilities.json from published tables of results.

    python tools/abilities/convert.py FOLDER            # report only
    python tools/abilities/convert.py FOLDER --write

FOLDER has a snapshot of each repository below as ``owner+name/repo`` (a Git directory; no work tree
is needed). Only figures are taken. Read at these commits (others are read as well, and the file
names what was read):

    JonathanChavezTamales/llm-leaderboard  24a9ccf7  2025-10-16  CC-BY-4.0   vendors' own reports
    openai/simple-evals                    ee3b0318  2025-07-09  MIT
    Aider-AI/aider                         5dc9490b  2026-05-22  Apache-2.0  polyglot and edit
    yuchenlin/ZeroEval                     570c6269  2024-09-24  Apache-2.0
    LiveBench/new-livebench                5b4fdee0  2026-08-22  none stated (LiveBench itself:
                                                                 Apache-2.0)  eleven releases
    fboulnois/llm-leaderboard-csv          44db9588  2025-08-06  MPL-2.0     LMArena, text
    lmarena/arena-hard-auto                196f6b82  2025-06-20  Apache-2.0
    tatsu-lab/alpaca_eval                  cd543a14  2025-08-09  Apache-2.0  length-controlled
    HuanzhiMao/BFCL-Result                 b4adfc9b  2024-08-12  none stated (figures of BFCL)
    lechmazur/nyt-connections              55fc76dd  2026-07-17  none stated
    EQ-bench/EQ-bench-site                 033fc135  2026-07-26  none stated (creative_writing.js)

RouterArena's cached results and RouteLLM's are left out on purpose: benchmarks/bench_quality.py
tests on them. ``names.py`` says which model a table means, ``fit.py`` puts all on one scale;
ability 0 is gpt-4o-mini. The standard deviation of an ability is that of the fit and of what
publishers disagree by (pooled over models that three or more judged, shared among a model's own).
Needs numpy.
"""

import argparse
import itertools
import json
import math
import re
import subprocess
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ai_brain"))

from engine.choice.model_family import line  # noqa: E402
from fit import fit  # noqa: E402
from names import LEVELS, identify  # noqa: E402
from tables import ORIGINS, logit  # noqa: E402

OUT = ROOT / "ai_brain" / "engine" / "choice" / "data" / "abilities.json"
REFERENCE = "gpt-4o-mini"
LEAST_MODELS = 8  # a table of fewer tells little of a slope
VENDORS = re.compile(
    r"(chatgpt|gpt|o1|o3|o4|codex|claude|gemini|gemma|deepseek|llama|mistral|mixtral|ministral"
    r"|codestral|magistral|devstral|pixtral|qwen|qwq|kimi|glm|grok|command|nova|phi|minimax)\b"
)


# Too large for a snapshot: the one file, fetched by itself, lies in FOLDER/owner+name/.
SINGLE = {"EQ-bench/EQ-bench-site": ("033fc13598a9", "2026-07-26")}


def read(folder):
    """(rows, {origin: about}) of every repository in ``folder``."""
    rows, about = [], {}
    for repository, (reader, licence) in ORIGINS.items():
        place = folder / repository.replace("/", "+")
        if repository in SINGLE:
            commit, day = SINGLE[repository]
            found = list(reader(lambda path, p=place: (p / path).read_text("utf-8"), list))
        else:
            git = ["git", "-C", str(place / "repo")]

            def run(*args, git=git):
                done = subprocess.run([*git, *args], capture_output=True, text=True, check=True)
                return done.stdout

            commit, day = run("log", "-1", "--format=%H %cs").split()
            found = list(
                reader(
                    lambda path, run=run: run("show", f"HEAD:{path}"),
                    lambda run=run: run("ls-tree", "-r", "--name-only", "HEAD").splitlines(),
                )
            )
        rows += found
        about[found[0].origin] = {
            "repository": repository,
            "commit": commit[:12],
            "published": day,
            "licence": licence,
        }
    return rows, about


def cells_of(rows):
    """[(model, level, table, origin, y)], repeats averaged, and {(model, origin): [dates]}."""
    values, days = defaultdict(list), defaultdict(list)
    for row in rows:
        known = identify(row.model)
        if known and VENDORS.match(known[0]):
            values[(*known, row.table, row.origin)].append(logit(row.score, row.guess))
            days[known[0], row.origin].append(row.date)
    tables = defaultdict(set)
    for model, _level, table, _origin in values:
        tables[table].add(model)
    cells = [
        (*key, sum(ys) / len(ys))
        for key, ys in sorted(values.items())
        if len(tables[key[2]]) >= LEAST_MODELS
    ]
    return cells, days


def by_origin(cells, effects, tables):
    """{model: {origin: (tables, ability by that origin alone)}}"""
    sums = defaultdict(lambda: [0.0, 0.0, set()])
    for model, level, table, origin, y in cells:
        slope, base, error = tables[table]
        told = sums[model, origin]
        told[0] += slope * (y - base - slope * effects[level]) / error**2
        told[1] += slope**2 / error**2
        told[2].add(table)
    found = defaultdict(dict)
    for (model, origin), (pull, gain, names) in sums.items():
        found[model][origin] = (len(names), pull / gain)
    return found


def disagreement(alone):
    """Standard deviation between publishers of one model's ability, pooled."""
    squares = [
        np.var([ability for _n, ability in told.values()], ddof=1)
        for told in alone.values()
        if len(told) >= 3
    ]
    return math.sqrt(np.mean(squares)), len(squares)


def kinship(abilities):
    """(mean, sd, n) of what a version differs from the one before it in its line."""
    lines = defaultdict(list)
    for model, (ability, _sd) in abilities.items():
        what, version = line(model)
        if version:
            lines[what].append((version, ability))
    steps = [
        after - before
        for found in map(sorted, lines.values())
        for (_v, before), (_w, after) in itertools.pairwise(found)
    ]
    return float(np.mean(steps)), float(np.std(steps)), len(steps)


def sharpness(tables, zero):
    """(slope at ease 0, its fall a logit of ease), each publisher counting equally."""
    count = defaultdict(int)
    for table in tables:
        count[table.split()[0]] += 1
    weight = np.array([1 / count[table.split()[0]] for table in tables])
    slopes = np.array([t[0] for t in tables.values()])
    eases = np.array([base + slope * zero for slope, base, _error in tables.values()])
    design = np.c_[np.ones(len(tables)), eases]
    at_zero, tilt = np.linalg.solve(
        design.T @ (design * weight[:, None]), design.T @ (weight * slopes)
    )
    return at_zero, -tilt


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows, about = read(args.folder)
    cells, days = cells_of(rows)
    abilities, effects, tables = fit(cells, list(LEVELS))
    alone = by_origin(cells, effects, tables)
    zero = abilities[REFERENCE][0]
    between, judged = disagreement(alone)
    models = {}
    for model in sorted(abilities):
        ability, error = abilities[model]
        told = {
            origin: [n, round(value - zero, 2), max(days[model, origin])]
            for origin, (n, value) in sorted(alone[model].items())
        }
        models[model] = {
            "ability": round(ability - zero, 2),
            "sd": round(math.hypot(error, between / math.sqrt(len(told))), 2),
            "from": told,
        }
    drift, kin_sd, steps = kinship(abilities)
    kind = np.median([error / slope for slope, _base, error in tables.values()])
    print(f"{len(rows)} figures, {len(cells)} used, {len(tables)} tables, {len(models)} families")
    print("levels of thinking:", {k: round(v, 2) for k, v in effects.items()})
    print(f"between publishers: sd {between:.2f} over {judged} models that three or more judged")
    print(f"between tables: sd {kind:.2f} (median)")
    print(f"successors: {drift:+.2f}, sd {kin_sd:.2f}, {steps} steps")
    print(
        "slope {:.2f} where the reference scores half, less {:.2f} a logit".format(
            *sharpness(tables, zero)
        )
    )
    if args.write:
        head = {
            "about": "ability in logits above gpt-4o-mini; from: publisher: [tables, ability by it"
            " alone, date of its newest figure]; made by tools/abilities/convert.py: do not edit",
            "date": date.today().isoformat(),
            "kin": [round(drift, 2), round(kin_sd, 2)],
            "sources": about,
        }
        lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in models.items()]
        text = json.dumps(head, indent=1)[:-2] + ',\n "models": {\n' + ",\n".join(lines) + "\n}}\n"
        json.loads(text)
        OUT.write_text(text, encoding="utf-8")
        print("wrote", OUT.relative_to(ROOT))


if __name__ == "__main__":
    main()
