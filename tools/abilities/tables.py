"""Published tables of results, read as they lie in their repositories' snapshots.

Each reader takes ``show(path)``, the text of a file of that repository, and ``paths()``, its file
names, and yields :class:`Row`. Scores are shares 0..1; Elo figures become the share of wins
against 1,200. Only figures are taken, no text.
"""

import csv
import io
import json
import math
import re
from typing import NamedTuple


class Row(NamedTuple):
    """``guess`` is what a blind guess scores; ``date`` is that of the figure or, where the table
    gives none, of its publication."""

    origin: str
    table: str
    model: str
    score: float
    date: str
    guess: float = 0.0


# Benchmarks of text with more than a dozen models in llm-stats, and what guessing scores.
LLM_STATS = {
    "gpqa": 0.25,
    "mmlu": 0.25,
    "mmlu-pro": 0.1,
    "math": 0.0,
    "humaneval": 0.0,
    "livecodebench": 0.0,
    "aime-2025": 0.0,
    "aime-2024": 0.0,
    "gsm8k": 0.0,
    "ifeval": 0.0,
    "swe-bench-verified": 0.0,
    "arc-c": 0.25,
    "mgsm": 0.0,
    "mbpp": 0.0,
    "drop": 0.0,
    "humanity's-last-exam": 0.0,
    "simpleqa": 0.0,
    "math-500": 0.0,
    "hellaswag": 0.25,
    "tau-bench-retail": 0.0,
    "tau-bench-airline": 0.0,
    "arena-hard": 0.0,
    "big-bench-hard": 0.0,
    "mmmlu": 0.25,
    "multi-if": 0.0,
    "terminal-bench": 0.0,
    "mt-bench": 0.0,
}


def _number(text):
    try:
        return float(str(text).strip().rstrip("%"))
    except ValueError:
        return None


def llm_stats(show, paths):
    """Results that the vendors report of themselves, collected with their links."""
    for path in paths():
        if not path.endswith("/benchmarks.json"):
            continue
        for item in json.loads(show(path)):
            name, score = item["benchmark_id"], item.get("normalized_score")
            if name in LLM_STATS and score is not None and 0 <= score <= 1:
                day = (item.get("updated_at") or "")[:10]
                yield Row(
                    "llm-stats", f"llm-stats {name}", item["model_id"], score, day, LLM_STATS[name]
                )


def simple_evals(show, _paths):
    """The one table of the README; measured by its authors for their own models."""
    guess = {"MMLU": 0.25, "GPQA": 0.25}
    columns = None
    for line in show("README.md").splitlines():
        if not line.startswith("|"):
            continue
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if cells[0] == "Model":
            columns = [re.split(r"[\s(\[]", c)[0] for c in cells]
        elif columns:
            model = re.sub(r"\[\^\d+\]", "", cells[0])
            model = re.sub(r"\[([^\]]*)\]\(.*", r"\1", model).strip(" *")
            for column, cell in list(zip(columns, cells))[2:]:
                if (score := _number(cell)) is not None:
                    yield Row(
                        "simple-evals",
                        f"simple-evals {column}",
                        model,
                        score / 100,
                        "2025-07-09",
                        guess.get(column, 0.0),
                    )


def aider(show, _paths):
    """Both leaderboards of edits to code, a list of maps in YAML of which three keys are read."""
    for name in ("polyglot", "edit"):
        text = show(f"aider/website/_data/{name}_leaderboard.yml")
        for block in re.split(r"(?m)^- ", text)[1:]:
            found = dict(re.findall(r"(?m)^\s*(model|pass_rate_2|date):\s*(.+?)\s*$", block))
            score, model = _number(found.get("pass_rate_2")), found.get("model", "")
            if score is not None and " + " not in model:
                yield Row("aider", f"aider {name}", model, score / 100, found.get("date", ""))


def zero_eval(show, _paths):
    guess = {"mmlu-redux": 0.25}
    for name, key in (
        ("mmlu-redux", "Acc"),
        ("zebra-grid", "Cell Acc"),
        ("crux", "Acc"),
        ("math-l5", "Acc"),
        ("gsm", "Acc"),
    ):
        for item in json.loads(show(f"result_dirs/{name}.summary.json")):
            score = _number(item.get(key))
            if score is not None and item.get("Mode", "greedy") == "greedy":
                model = item["Model"].split("@")[0]
                yield Row(
                    "zeroeval",
                    f"zeroeval {name}",
                    model,
                    score / 100,
                    "2024-09-24",
                    guess.get(name, 0.0),
                )


def live_bench(show, paths):
    """Each release and category is a table of its own: questions and models change."""
    for path in paths():
        if not (match := re.fullmatch(r"public/table_(\d{4}_\d\d_\d\d)\.csv", path)):
            continue
        day = match[1]
        categories = json.loads(show(f"public/categories_{day}.json"))
        for item in csv.DictReader(io.StringIO(show(path))):
            for category, columns in categories.items():
                scores = [_number(item.get(c) or "") for c in columns]
                if scores and None not in scores:
                    yield Row(
                        "livebench",
                        f"livebench {day} {category}",
                        item["model"],
                        sum(scores) / len(scores) / 100,
                        day.replace("_", "-"),
                    )


def arena(show, _paths):
    """Elo of votes by people, collected from LMArena."""
    for item in csv.DictReader(io.StringIO(show("csv/lmarena_text.csv"))):
        elo = _number(item["arena_score"])
        if elo:
            share = 1 / (1 + 10 ** ((1200 - elo) / 400))
            yield Row("lmarena", "lmarena text", item["model"], share, "2025-08-06")


def arena_hard(show, _paths):
    path = "leaderboard/arena_hard_leaderboard_20240731.csv"
    for item in csv.DictReader(io.StringIO(show(path))):
        score = _number(item["score"])
        yield Row("arena-hard", "arena-hard 0.1", item["model"], score / 100, item["date"])
    table, seen = "", set()
    for line in show("README.md").splitlines():
        if line.startswith(("Hard Prompt", "Creative Writing")):
            table = line.split(",")[0].lower()
        match = re.match(r"\d+\s+(\S+)\s+([\d.]+)\s+\(", line)
        if table and match and (table, match[1]) not in seen:
            seen.add((table, match[1]))
            yield Row(
                "arena-hard",
                f"arena-hard 2.0 {table}",
                match[1],
                float(match[2]) / 100,
                "2025-06-20",
            )


def alpaca_eval(show, _paths):
    path = "docs/data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv"
    for item in csv.DictReader(io.StringIO(show(path))):
        score = _number(item["length_controlled_winrate"])
        if score is not None and item["filter"] in ("minimal", "verified"):
            yield Row("alpacaeval", "alpacaeval 2 lc", item["name"], score / 100, "2025-08-09")


def bfcl(show, _paths):
    for item in csv.DictReader(io.StringIO(show("2024-07-06/score-BFCL/data.csv"))):
        score = _number(item["Overall Acc"])
        model = re.sub(r"\s*\((?:FC|Prompt).*\)", "", item["Model"])
        yield Row("bfcl", "bfcl 2024-07", model, score / 100, "2024-07-06")


def connections(show, _paths):
    """Word puzzles; the first table of the README, tried anew with each model."""
    text = show("README.md").split("### Leaderboard: Extended Version", 1)[1].split("---\n##")[0]
    for _rank, model, score in re.findall(r"(?m)^\|(\d+)\|([^|]+)\|([\d.]+)\|", text):
        yield Row("connections", "connections", model, float(score) / 100, "2026-07-17")


def creative_writing(show, _paths):
    """Elo of short stories, compared by a model; DeepSeek R1 is 1,500."""
    text = show("creative_writing.js").split("V3 = `", 1)[1].split("`", 1)[0]
    for item in csv.DictReader(io.StringIO(text.strip())):
        if (elo := _number(item["elo_score"])) is not None:
            share = 1 / (1 + 10 ** ((1200 - elo) / 400))
            model = item["model_name"].lstrip("*")
            yield Row("eq-bench", "eq-bench creative writing 3", model, share, "2026-07-26")


def logit(share, guess=0.0, least=0.02):
    """Log-odds of a share, what guessing gives taken off, cut at ``least`` from both ends."""
    share = (share - guess) / (1 - guess)
    share = min(1 - least, max(least, share))
    return math.log(share / (1 - share))


# repository: (reader, licence)
ORIGINS = {
    "JonathanChavezTamales/llm-leaderboard": (llm_stats, "CC-BY-4.0"),
    "openai/simple-evals": (simple_evals, "MIT"),
    "Aider-AI/aider": (aider, "Apache-2.0"),
    "yuchenlin/ZeroEval": (zero_eval, "Apache-2.0"),
    "LiveBench/new-livebench": (live_bench, "none stated"),
    "fboulnois/llm-leaderboard-csv": (arena, "MPL-2.0"),
    "lmarena/arena-hard-auto": (arena_hard, "Apache-2.0"),
    "tatsu-lab/alpaca_eval": (alpaca_eval, "Apache-2.0"),
    "HuanzhiMao/BFCL-Result": (bfcl, "none stated"),
    "lechmazur/nyt-connections": (connections, "none stated"),
    "EQ-bench/EQ-bench-site": (creative_writing, "none stated"),
}
