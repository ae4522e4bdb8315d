#!/usr/bin/env python3
"""Does `unnecessary_history` find turns that do not belong, and lose none that do?

    python benchmarks/bench_history.py --data DIR [--half seen|unseen] [--verbose]

Public dialogues of several turns are the test bed. Into each, exchanges of another one (of the same
source) are inserted: at the front, as a block somewhere in the middle, or not at all. Printed for
each source and place: the share of the inserted exchanges that the rule names, the share of the
dialogue's own exchanges that it names wrongly, and the dialogues with any such loss. Beside the
rule stands the baseline that keeps the last two exchanges and drops the rest.

A dialogue's own exchanges count as needed, all of them, which is hard on the rule: a dialogue may
drop a subject by itself. Left out are therefore the tasks of MT-Bench-101 whose turns are made
to have nothing in common (CC, MR, TS) and dialogues of the schema-guided set with two services.

DIR holds any of these, none of which is part of this repository:

mtbench101.jsonl
    data/subjective/mtbench101.jsonl of mtbench101/mt-bench-101 at GitHub, Apache-2.0, commit
    bc18b3e2c18c99164e11528f1a79c92083db5953
sgd/dialogues_*.json
    dev/ of google-research-datasets/dstc8-schema-guided-dialogue, CC-BY-SA-4.0, commit
    e852981ae34990f4358979625854259302feaa78
sgd_test/dialogues_*.json
    test/ of the same (what was lost of it was looked at), 24 files of less than 4 MiB: 001 to 011,
    013 to 015, 017, 018, 020, 021, 024, 025, 030, 032 to 034
mt-bench_extended.jsonl
    raw_data/mt-bench_extended.jsonl of KwanWaiChung/MT-Eval, MIT, commit
    bfe3a46e41c9837a8ca2a9957c1b1699e5fffef1; nothing was tuned on it
cast2022.json, cast2021.json
    2022/2022_evaluation_topics_flattened_duplicated_v1.0.json and
    2021/2021_manual_evaluation_topics_v1.0.json of daltonj/treccastweb, MIT, commit
    33846610b736da392efeab00e4c6f4519e0dacf1
mtragun.jsonl
    mtragun-human/generation_tasks/reference.jsonl of IBM/mt-rag-benchmark, Apache-2.0, commit
    cc5b1d481b391181b89f7ced860308482e785463; nothing was chosen on it
topical.json
    conversations/test_freq.json of alexa/Topical-Chat, CDLA-Sharing-1.0, commit
    7c939229cbcf6f55f6977b341a5a2f2fe982d53f; two people chat and change the subject by
    themselves: no calls of a model, so it is printed and counted by itself
locomo/*.json
    the ten talks of data/locomo10.zip of snap-research/locomo, CC BY-NC 4.0, commit
    e76cdff4a04fce19090596d49862fe87a5c15aaa; the four turns that were lost of it were looked at, so
    it is held out no longer. Its questions name the turns that their answers rest on, so
    it tells what the others cannot: whether a turn **that the answer needs** is ever named. A
    question is asked at the end of the session that holds its evidence, as it is and with three
    exchanges of another talk put in
mwoz/*.json
    val.json and test.json of data/multiwoz of thu-coai/ConvLab-2, Apache-2.0, commit
    b014b81fcb1ff74f54681917eee39c14c87af3e5. At first sight 12 of 1,463 needed exchanges were
    named; most were taken up later in words that share none ("the same area", "the hotel"), which
    is looked for since: 1 of 1,463, so it is held out no longer
frames/data.json
    data/unified_datasets/frames/data.zip of the same commit (FRAMES). At first sight 15
    of 1,068 needed exchanges were named (10 by the rule as it was before the fit): a beginning that
    the next turn answers; with that mended 9. What was lost in talks of even place was looked at
    then, most of it conditions told in the beginning (how much, when, for whom): 5 of all are named
    now. How often the whole is lost was known while numbers were chosen
star/dialogues/*.json
    dialogues/ of RasaHQ/STAR, MIT, commit 3058975092cdd09798e4a3a9e4ae135755824545; not looked
    at but for its format. At first sight .215 of what is put in is found; .93 of what is named
    was put in; with conditions kept .184 is found

The rule was fitted on SGD train (with talks of several services), the seen half of MT-Bench-101,
CAsT, MT-Eval, Topical-Chat valid, DREAM train, MemoryBank, CamRest676, KVRET dev, Simulated
Dialogue and Taskmaster-4 (``tools/history``). Its limit, 3.1, was chosen by what these and SGD dev
find and lose, and by what 3.0 and 3.1 lose of its own of what is summed up as "held out", which it
was not fitted on: the unseen half of MT-Bench-101, SGD test and MT-RAG. Found there: .501 of 13,395
(SGD test .439), and .0042 of its own turns are named (at 3.0: .513 and .0052). Since then the limit
stands, conditions are kept, and a block that is SURE = 0.7 above it (chosen by SGD dev, the seen
half of MT-Bench-101 and FRAMES) is no reply and is named under "that you mentioned earlier", too:
.508 of 13,395 (SGD test .443, MT-RAG .626), .0039 of its own. Fitted again with half of
FRAMES and twice the trees, at a limit of 3.4 and with SURE = 1, it reached .522 and .0044, and lost
4 of FRAMES: not taken, for it names more of its own.

``--half unseen`` is the half (by a hash of the dialogue) that was not looked at while the rule was
made.

``_history_needs`` reads three further sources, not looked at before: 9 of 7,201 needed are named.
Rules for what answers ask for and trees of six branchings were tried then: .519, FRAMES 0, but 49
of MT-RAG's own (40 by this rule), 9 of those 7,201, and fewer found within errands: not taken.
"""

import argparse
import ast
import hashlib
import json
import random
import re
import sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "ai_brain"))
from _history_needs import crosswoz, e2e, last_said, put_in, told_cases, woz
from engine.waste import Exchange, History, analyze
from engine.waste.history import UnnecessaryHistory

INSERTED = 3  # exchanges
UNRELATED_TASKS = ("CC", "MR", "TS")
# Services of one subject: a bus for a flight is no unrelated insertion.
SUBJECTS = {"Buses": "Travel", "Flights": "Travel", "Trains": "Travel", "Hotels": "Travel"}
NOT_ANSWERED = 5  # LoCoMo's category of questions that the talk does not answer
CLOSING = {"THANK_YOU", "GOODBYE", "NEGATE"}  # acts of the schema-guided set
# Values of MultiWOZ's states that nobody says.
NOT_SAID = ("", "not mentioned", "none", "dontcare", "dont care", "yes", "no")
MOST_NEEDED_LOST = 0.005
PLACES = ("front", "middle", "none")


def mtbench(folder):
    path = folder / "mtbench101.jsonl"
    for line in path.open(encoding="utf-8") if path.exists() else ():
        item = json.loads(line)
        if item["task"] not in UNRELATED_TASKS:
            turns = [(turn["user"], turn["bot"]) for turn in item["history"]]
            yield f"mt{item['id']}", f"mt{item['id']}", turns


def schema_guided(folder, under="sgd"):
    for path in sorted(folder.glob(f"{under}/dialogues_*.json")):
        for item in json.loads(path.read_text(encoding="utf-8")):
            said = [turn["utterance"] for turn in item["turns"]]
            if len(item["services"]) == 1:
                yield (
                    f"{path.stem}/{item['dialogue_id']}",
                    SUBJECTS.get(service := item["services"][0].partition("_")[0], service),
                    list(zip(said[::2], said[1::2], strict=False)),
                )


def schema_guided_test(folder):
    yield from schema_guided(folder, "sgd_test")


def cast(folder):
    for name, asked, answered in (
        ("cast2022.json", "utterance", "response"),
        ("cast2021.json", "raw_utterance", "passage"),
    ):
        path = folder / name
        for item in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
            turns = [(turn[asked], turn.get(answered) or "") for turn in item["turn"]]
            yield f"{name}/{item['number']}", str(item["number"]).partition("-")[0], turns


def mt_eval(folder):
    path = folder / "mt-bench_extended.jsonl"
    for line in path.open(encoding="utf-8") if path.exists() else ():
        item = json.loads(line)
        turns = [(turn["user"], turn.get("sys") or "") for turn in item["conversation"]]
        yield f"ext{item['question_id']}", f"ext{item['question_id']}", turns


def mt_rag(folder):
    path = folder / "mtragun.jsonl"
    for line in path.open(encoding="utf-8") if path.exists() else ():
        item = json.loads(line)
        said = [turn["text"] for turn in item["input"]]
        answers = item["targets"]
        answers = ast.literal_eval(answers) if isinstance(answers, str) else answers
        said.append(answers[0]["text"])
        key = item["conversation_id"]
        yield f"rag{key}", f"rag{key}", list(zip(said[::2], said[1::2], strict=False))


def topical(folder):
    path = folder / "topical.json"
    items = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for key, item in items.items():
        said = [turn["message"] for turn in item["content"]]
        yield key, key, list(zip(said[::2], said[1::2], strict=False))


def star(folder):
    """Every tenth file, of talks with one task."""
    paths = sorted(folder.glob("star/dialogues/*.json"))[::10]
    for path, item in ((p, json.loads(p.read_text(encoding="utf-8"))) for p in paths):
        said = []
        for event in item["Events"]:
            who, text = event["Agent"], event.get("Text")
            if not text or event["Action"] not in ("utter", "pick_suggestion"):
                continue
            if said and said[-1][0] == who:
                said[-1] = (who, f"{said[-1][1]} {text}")
            elif said or who == "User":
                said.append((who, text))
        told, domains = [text for _who, text in said], item["Scenario"]["Domains"]
        if len(domains) == 1 and len(told) >= 4 and not item["Scenario"]["MultiTask"]:
            yield f"star{path.stem}", domains[0], list(zip(told[::2], told[1::2], strict=False))


SOURCES = {
    "MT-Bench-101": mtbench,
    "schema-guided": schema_guided,
    "CAsT": cast,
    "SGD test": schema_guided_test,
    "MT-Eval": mt_eval,
    "MT-RAG": mt_rag,
    "STAR": star,
    "Topical-Chat": topical,
}
BY_THEMSELVES = ("STAR", "Topical-Chat")  # not in the sum of all
HELD_OUT = ("SGD test", "MT-RAG")  # and the unseen half of MT-Bench-101


def evidence_cases(folder):
    """Yield (exchanges, indices that the answer needs, indices that were put in) of LoCoMo."""
    talks = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((folder / "locomo").glob("*.json"))
    ]
    for number, talk in enumerate(talks):
        for at, asked in enumerate(talk["qa"]):
            needed = set(re.findall(r"D\d+:\d+", " ".join(asked.get("evidence") or ())))
            sessions = {key.partition(":")[0][1:] for key in needed}
            if asked["category"] == NOT_ANSWERED or "answer" not in asked or len(sessions) != 1:
                continue
            own = exchanges_of(talk, sessions.pop())
            if not own:
                continue
            rng = random.Random(f"locomo{number}/{at}")
            other = exchanges_of(talks[(number + 1) % len(talks)], str(rng.randint(1, 15)))
            yield put_in(
                [exchange for _keys, exchange in own],
                (asked["question"], str(asked["answer"])),
                {i for i, (keys, _exchange) in enumerate(own) if keys & needed},
                [exchange for _keys, exchange in other[:INSERTED]] if at % 2 else [],
                rng,
            )


def exchanges_of(talk, session):
    """[(ids of the turns, (asked, answered))] of a session of LoCoMo."""
    turns = talk.get(f"session_{session}") or []
    named = [f"{turn['speaker']}: {turn['text']}" for turn in turns]
    ids = [turn["dia_id"] for turn in turns]
    return [({ids[i], ids[i + 1]}, (named[i], named[i + 1])) for i in range(0, len(turns) - 1, 2)]


def slot_cases(folder):
    """The same of SGD test: needed is where a value that the last request rests on was said last
    (its dialogue state), in so far as the last exchange does not say it again."""
    dialogues = []
    for path in sorted(folder.glob("sgd_test/dialogues_*.json")):
        for item in json.loads(path.read_text(encoding="utf-8")):
            if len(item["services"]) == 1:
                dialogues.append((item["services"][0].partition("_")[0], item["turns"]))
    for number, (service, turns) in enumerate(dialogues):
        rng = random.Random(f"slots{number}")
        asked = 2 * rng.randint(1, len(turns) // 2 - 1)
        if acts_of(turns[asked]) <= CLOSING:  # a good-bye rests on nothing
            continue
        said = [turn["utterance"] for turn in turns]
        own = list(zip(said[:asked:2], said[1:asked:2], strict=True))
        last = (said[asked], said[asked + 1])
        needs = set()
        for frame in turns[asked]["frames"]:
            for values in frame["state"]["slot_values"].values():
                at = last_said(values, [*own, last])
                needs |= {at} - {len(own), None}
        subject = SUBJECTS.get(service, service)
        others = [t for s, t in dialogues if SUBJECTS.get(s, s) != subject]
        other = [turn["utterance"] for turn in rng.choice(others)[: 2 * INSERTED]]
        block = list(zip(other[::2], other[1::2], strict=False)) if number % 2 else []
        yield put_in(own, last, needs, block, rng)


def acts_of(turn):
    return {action["act"] for frame in turn["frames"] for action in frame["actions"]}


def multiwoz_cases(folder):
    """The same of MultiWOZ: needed is where a value was said last of the state of those domains
    that the last request is about. What is put in is of a talk about none of its domains."""
    dialogues = []
    for path in sorted(folder.glob("mwoz/*.json")):
        for item in json.loads(path.read_text(encoding="utf-8")).values():
            domains = {d for d, g in item["goal"].items() if g and d not in ("topic", "message")}
            dialogues.append((domains, item["log"]))
    for number, (domains, turns) in enumerate(dialogues):
        rng = random.Random(f"multiwoz{number}")
        asked = 2 * rng.randint(1, max(1, len(turns) // 2 - 1))
        others = [log for found, log in dialogues if not found & domains]
        if asked + 1 >= len(turns) or not others:
            continue
        about = {act.partition("-")[0].lower() for act in turns[asked]["dialog_act"] or ()}
        state = turns[asked + 1]["metadata"]
        said = [turn["text"] for turn in turns]
        own = list(zip(said[:asked:2], said[1:asked:2], strict=True))
        last, needs = (said[asked], said[asked + 1]), set()
        for domain in about & state.keys():
            for part in ("semi", "book"):
                for value in state[domain][part].values():
                    if isinstance(value, str) and value not in NOT_SAID:
                        needs |= {last_said([value], [*own, last])} - {len(own), None}
        other = [turn["text"] for turn in rng.choice(others)[: 2 * INSERTED]]
        block = list(zip(other[::2], other[1::2], strict=False)) if number % 2 else []
        yield put_in(own, last, needs, block, rng)


def frames_cases(folder):
    """The same of FRAMES: needed is where the value was said last that the user gave last for each
    slot. What is put in is of SGD dev, of another subject than travel."""
    path = folder / "frames" / "data.json"
    items = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    others = [told for _key, subject, told in schema_guided(folder) if subject != "Travel"]
    for number, item in enumerate(items):
        rng, turns = random.Random(f"frames{number}"), item["turns"]
        if len(turns) < 6:
            continue
        asked = 2 * rng.randint(1, len(turns) // 2 - 1)
        told = [act for turn in turns[: asked + 1 : 2] for act in informed(turn)]
        if not informed(turns[asked]):  # thanks rest on nothing
            continue
        said = [turn["utterance"] for turn in turns]
        own = list(zip(said[:asked:2], said[1:asked:2], strict=True))
        last = (said[asked], said[asked + 1])
        needs = {last_said([value], [*own, last]) for value in dict(told).values()}
        block = rng.choice(others)[:INSERTED] if number % 2 and others else []
        yield put_in(own, last, needs - {len(own), None}, block, rng)


def crosswoz_cases(folder, read=crosswoz):
    """What is put in is of SGD dev, of other subjects than travel and eating."""
    strange = [t for _k, s, t in schema_guided(folder) if s not in ("Travel", "Restaurants")]
    return told_cases(read.__name__, read(folder), lambda _number: strange, INSERTED)


def e2e_cases(folder):
    """Cinema and taxi; each is put into the other."""
    talks = {name: list(e2e(folder, name)) for name in ("movie", "taxi")}
    told = {
        name: [list(zip(said[::2], said[1::2], strict=False)) for said, _told in found]
        for name, found in talks.items()
    }
    for name, other in (("movie", "taxi"), ("taxi", "movie")):
        yield from told_cases(name, talks[name], lambda _n, o=other: told[o], INSERTED)


def informed(turn):
    acts = turn["dialogue_act"]["non-categorical"]
    return [(a["slot"], a["value"]) for a in acts if a["intent"] == "inform" and a["value"]]


def score_needed(name, cases_):
    """Print what is named of turns that an answer needs; None without data, else whether good."""
    needed = lost = found = inserted = questions = 0
    for exchanges, needs, strange in cases_:
        names = named(exchanges)
        questions += 1
        needed += len(needs)
        lost += len(names & needs)
        inserted += len(strange)
        found += len(names & strange)
    if not questions:
        print(f"{name}: no data")
        return None
    print(
        f"{name}: {questions} questions; of {needed} exchanges that the answer needs {lost} are "
        f"named ({lost / needed:.4f}); found {found / max(1, inserted):.3f} of {inserted} put in"
    )
    return lost <= MOST_NEEDED_LOST * needed


def half_of(key):
    return "unseen" if hashlib.blake2b(key.encode(), digest_size=1).digest()[0] % 2 else "seen"


def cases(dialogues, place):
    """Yield (exchanges, flags of the inserted ones); the last exchange is question and answer."""
    for number, (key, subject, exchanges) in enumerate(dialogues):
        rng = random.Random(f"{place}{key}")
        size = rng.randint(min(3, len(exchanges)), min(len(exchanges), 8))
        own = exchanges[:size]
        if size < 2:
            continue
        if place == "none":
            yield own, [False] * size
            continue
        while True:
            other = dialogues[(number + rng.randrange(1, len(dialogues))) % len(dialogues)]
            if other[1] != subject:
                break
        at = 0 if place == "front" else rng.randint(0, max(0, size - 3))
        block = other[2][:INSERTED]
        yield (
            own[:at] + block + own[at:],
            [False] * at + [True] * len(block) + [False] * (size - at),
        )


def named(exchanges):
    """Indices of the exchanges that the rule names."""
    messages = [{"role": "system", "content": "You are a helpful assistant."}]
    for asked, answered in exchanges[:-1]:
        messages += [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answered},
        ]
    question, answer = exchanges[-1]
    messages.append({"role": "user", "content": question})
    tokens = sum(len(m["content"]) for m in messages) // 4
    cost = Decimal("0.01")
    call = Exchange(cost, cost, tokens, len(answer) // 4, messages, answer)
    report = analyze(call, History(), rules=(UnnecessaryHistory(),))
    found = {i for f in report.findings for i in f.target["turns"]}
    return {(i - 1) // 2 for i in found}


def last_two(exchanges):
    return set(range(max(0, len(exchanges) - 3)))


def score(dialogues, place, judge, verbose=False):
    found = inserted = lost = own = spoiled = count = 0
    for exchanges, strange in cases(dialogues, place):
        names = judge(exchanges)
        count += 1
        inserted += sum(strange)
        own += len(strange) - 1 - sum(strange)
        found += sum(1 for i in names if strange[i])
        wrong = sorted(i for i in names if not strange[i])
        lost += len(wrong)
        spoiled += bool(wrong)
        if verbose and wrong:
            print(f"--- loses {wrong} of {len(exchanges)} in {place}")
            for i, (asked, answered) in enumerate(exchanges):
                mark = "x" if i in names else "+" if strange[i] else " "
                print(f"  {mark} {asked[:110]!r} / {answered[:110]!r}")
    return found, inserted, lost, own, spoiled, count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--half", choices=("seen", "unseen"))
    parser.add_argument("--verbose", action="store_true", help="show what is lost (seen half)")
    args = parser.parse_args()
    totals, unseen = [0] * 6, [0] * 6
    for source, read in SOURCES.items():
        dialogues = [found for found in read(args.data) if args.half in (None, half_of(found[0]))]
        if not dialogues:
            print(f"{source}: not in {args.data}")
            continue
        for place in PLACES:
            for name, judge in (("rule", named), ("last two", last_two)):
                verbose = args.verbose and args.half == "seen" and judge is named
                result = score(dialogues, place, judge, verbose and source not in HELD_OUT)
                print(f"{source:<14} {place:<7} {name:<9} {said(result)}")
                if judge is named and source not in BY_THEMSELVES:
                    totals = added(totals, result)
                    if source in HELD_OUT:
                        unseen = added(unseen, result)
        if source == "MT-Bench-101":
            half = [found for found in dialogues if half_of(found[0]) == "unseen"]
            for place in PLACES if half else ():
                unseen = added(unseen, score(half, place, named))
    if not totals[-1]:
        print("no data: see the docstring")
        return 1
    print(f"all: {said(totals)}")
    if unseen[-1]:
        print(f"held out: {said(unseen)}")
    needs = {
        "LoCoMo, its evidence": evidence_cases,
        "SGD test, its slots": slot_cases,
        "MultiWOZ, its states": multiwoz_cases,
        "FRAMES, its states": frames_cases,
        "CrossWOZ, what was told": crosswoz_cases,
        "WOZ, its states": lambda folder: crosswoz_cases(folder, woz),
        "cinema and taxi, what was told": e2e_cases,
    }
    kept = [score_needed(name, read(args.data)) for name, read in needs.items()]
    found, _inserted, lost, *_rest = judged = unseen if unseen[-1] else totals
    precision = found / max(1, found + lost)
    good = found > 0.5 * judged[1] and precision >= 0.9 and False not in kept
    print(
        "PASS" if good else "FAIL",
        f"more than half found, .90 of what is named inserted (is: {precision:.3f}), of the turns "
        f"that an answer needs at most {MOST_NEEDED_LOST:.1%} named",
    )
    return 0 if good else 1


def added(totals, result):
    return [a + b for a, b in zip(totals, result, strict=True)]


def said(result):
    found, inserted, lost, own, spoiled, count = result
    share = f"{found / inserted:.3f}" if inserted else "    -"
    return (
        f"found {share} of {inserted:>5} inserted; lost {lost / max(1, own):.4f} of {own:>5} own, "
        f"in {spoiled:>3} of {count} dialogues"
    )


if __name__ == "__main__":
    sys.exit(main())
