"""Public dialogues that the rule for unneeded history is fitted on, read from a folder.

Each is (key, its subjects, [(asked, answered)], needs): ``needs(end)`` gives the places that the
exchange at ``end`` needs, None where the source does not tell. The folder holds, by the names in
``SOURCES``: SGD's train/dialogues_*.json under sgd_train/, mtbench101.jsonl, cast2021.json,
cast2022.json, mt-bench_extended.jsonl (``benchmarks/bench_history.py`` says where these come from),
topical_valid_freq.json and topical_valid_rare.json (conversations/valid_*.json of
alexa/Topical-Chat), dream_train.json (data/train.json of nlpdata/dream), memorybank.json
(eval_data/en/memory_bank_en.json of zhongwanjun/MemoryBank-SiliconFriend), camrest.json and
kvret_dev.json (data/ of WING-NUS/sequicity), simM_train.json and simR_dev.json (sim-M/train.json
and sim-R/dev.json of google-research-datasets/simulated-dialogue), tm4_0.json and tm4_1.json
(TM-4-2024/data of google-research-datasets/Taskmaster).
"""

import json
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import bench_history as bench  # noqa: E402

CLOSING_ACTS = {"THANK_YOU", "GOOD_BYE"}  # of Simulated Dialogue


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def pairs(said):
    return list(zip(said[::2], said[1::2], strict=False))


def by_speaker(turns):
    """Texts of (speaker, text), neighbours of one speaker joined."""
    said, before = [], None
    for who, text in turns:
        if who == before:
            said[-1] += " " + text
        else:
            said.append(text)
        before = who
    return said


def needs_of(states, closing, own):
    """``needs`` of a dialogue whose exchanges have ``states`` {slot: [values]}."""

    def needs(end):
        if closing and closing[end]:
            return None
        places = {
            bench.last_said(list(map(str, values)), own[: end + 1])
            for values in states[end].values()
        }
        return places - {None, end}

    return needs


def schema_guided(folder, several):
    for path in sorted(folder.glob("sgd_train/dialogues_*.json")):
        for item in load(path):
            if (len(item["services"]) > 1) != several:
                continue
            turns, states, closing = item["turns"], [], []
            for turn in turns[::2]:
                values = {}
                for frame in turn["frames"]:
                    values.update(frame["state"]["slot_values"])
                states.append(values)
                closing.append(bench.acts_of(turn) <= bench.CLOSING)
            names = {service.partition("_")[0] for service in item["services"]}
            own = pairs([turn["utterance"] for turn in turns])
            yield (
                f"{path.stem}/{item['dialogue_id']}",
                {bench.SUBJECTS.get(name, name) for name in names},
                own,
                needs_of(states, closing, own),
            )


def of_bench(read, half=None):
    def dialogues(folder):
        for key, subject, exchanges in read(folder):
            if half in (None, bench.half_of(key)):
                yield key, {subject}, exchanges, None

    return dialogues


def topical(folder, which="rare"):
    for key, item in load(folder / f"topical_valid_{which}.json").items():
        yield key, {key}, pairs([turn["message"] for turn in item["content"]]), None


def dream(folder):
    for turns, _questions, key in load(folder / "dream_train.json"):
        said = by_speaker((who, text) for who, _, text in (t.partition(": ") for t in turns))
        yield f"dream{key}", {f"dream{key}"}, pairs(said), None


def memory_bank(folder):
    for name, person in load(folder / "memorybank.json").items():
        for day, turns in person["history"].items():
            exchanges = [(turn["query"], turn["response"]) for turn in turns]
            yield f"{name}{day}", {f"{name}{day}"}, exchanges, None


def simulated(folder, name, subject):
    for item in load(folder / name):
        own, turns = [], item["turns"]
        for turn, after in zip(turns, [*turns[1:], {}], strict=True):
            answer = after.get("system_utterance", {}).get("text", "")
            own.append((turn["user_utterance"]["text"], answer))
        states = [{s["slot"]: [s["value"]] for s in turn["dialogue_state"]} for turn in turns]
        closing = [any(a["type"] in CLOSING_ACTS for a in turn["user_acts"]) for turn in turns]
        yield f"{name}{item['dialogue_id']}", {subject}, own, needs_of(states, closing, own)


def camrest(folder):
    for item in load(folder / "camrest.json"):
        own = [(t["usr"]["transcript"], t["sys"]["sent"]) for t in item["dial"]]
        states = [
            {
                slot: [value]
                for act in turn["usr"]["slu"]
                for slot, value in act["slots"]
                if act["act"] == "inform" and value != "dontcare"
            }
            for turn in item["dial"]
        ]
        yield f"cam{item['dialogue_id']}", {"Restaurants"}, own, needs_of(states, None, own)


def kvret(folder):
    for item in load(folder / "kvret_dev.json"):
        states, values = [], {}
        for turn in item["dialogue"]:
            if turn["turn"] == "assistant":
                slots = turn["data"]["slots"].items()
                values = {**values, **{slot: [value.strip()] for slot, value in slots}}
                states.append(values)
        own = pairs([turn["data"]["utterance"] for turn in item["dialogue"]])
        states += [values] * (len(own) - len(states))
        subject = item["scenario"]["task"]["intent"]
        yield f"kv{item['scenario']['uuid']}", {subject}, own, needs_of(states, None, own)


def taskmaster(folder):
    for number in range(2):
        for item in load(folder / f"tm4_{number}.json"):
            said = by_speaker((turn["speaker"], turn["text"]) for turn in item["utterances"])
            yield item["conversation_id"], {"Coffee"}, pairs(said), None


def services(folder):
    """300 each of small sources, in one pool, so that what is put in is of another subject."""
    pool = []
    for source in (
        camrest(folder),
        simulated(folder, "simM_train.json", "Movies"),
        simulated(folder, "simR_dev.json", "Restaurants"),
        kvret(folder),
        taskmaster(folder),
    ):
        found = [dialogue for dialogue in source if len(dialogue[2]) >= 3]
        random.Random("pool").shuffle(found)
        pool += found[:300]
    random.Random("pool2").shuffle(pool)
    return pool


def one_service(folder):
    return schema_guided(folder, False)


def two_services(folder):
    return schema_guided(folder, True)


#: {name: (what reads it, dialogues that are taken, its weight in the fit)}
SOURCES = {
    "sgd_train": (one_service, 600, 2),
    "sgd_multi": (two_services, 300, 1),
    "mt_seen": (of_bench(bench.mtbench, "seen"), 260, 1),
    "cast": (of_bench(bench.cast), 76, 1),
    "mt_eval": (of_bench(bench.mt_eval), 80, 1),
    "topical": (topical, 40, 0.4),
    "dream": (dream, 110, 0.7),
    "services": (services, 330, 2),
    "memory_bank": (memory_bank, 110, 1),
}


def cases(name, dialogues, count):
    """Yield (exchanges, flags of those put in, needed places or None): ``count`` dialogues, each
    as it is and with one, two or eight others' exchanges in one or two places."""
    order = list(range(len(dialogues)))
    random.Random(f"{name}a").shuffle(order)
    for number in order[:count]:
        key, subjects, exchanges, needs = dialogues[number]
        for style in ("none", "front", "block", "single", "two", "long"):
            rng = random.Random(f"a{key}{style}")
            size = rng.randint(min(3, len(exchanges)), min(len(exchanges), 10))
            if size < 3 and style == "none":
                continue
            strange = [d for d in dialogues if d[0] != key and not d[1] & subjects]
            blocks = _blocks(style, strange, max(0, size - 3), rng)
            told, flags, at = [], [], {}
            for place in range(size):
                for before, block in blocks:
                    if before == place:
                        told += block
                        flags += [True] * len(block)
                at[place] = len(told)
                told.append(tuple(exchanges[place]))
                flags.append(False)
            needed = needs(size - 1) if needs else None
            yield told, flags, None if needed is None else {at[i] for i in needed}


def _blocks(style, strange, room, rng):
    """[(place, exchanges)] that are put in."""

    def block(length):
        turns = rng.choice(strange)[2]
        inside = rng.random() >= 0.7 and len(turns) > length
        start = rng.randint(0, len(turns) - length) if inside else 0
        return [tuple(turn) for turn in turns[start : start + length]]

    if style == "none":
        return []
    if style == "front":
        return [(0, block(3))]
    if style == "block":
        return [(rng.randint(0, room), block(rng.randint(2, 4)))]
    if style == "single":
        return [(p, block(1)) for p in sorted({rng.randint(0, room) for _ in range(2)})]
    if style == "two":
        places = sorted(rng.randint(0, room) for _ in range(2))
        return [(p, block(rng.randint(1, 3))) for p in places]
    return [(rng.randint(0, room), block(8))]


def read(name, folder):
    return [d for d in SOURCES[name][0](folder) if len(d[2]) >= 2]
