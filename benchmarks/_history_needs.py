"""Three sources of ``bench_history.py`` at which nobody had looked when its rule was done, and what
their readers share with the others. Its DIR holds them as

crosswoz_en/human_val.json
    data/crosswoz_en/human_val.json.zip of thu-coai/ConvLab-2, Apache-2.0, commit
    b014b81fcb1ff74f54681917eee39c14c87af3e5. 0 of 166 needed exchanges are named, .289 of what is
    put in is found
woz/data.json
    data/unified_datasets/woz/data.zip of the same commit (WOZ 2.0). 0 of 628, .427
e2e/movie_all.tsv, e2e/taxi_all.tsv
    data/ of xiul-msr/e2e_dialog_challenge (Microsoft Dialogue Challenge), commit
    05de23b4488350cb963dfc5592f27821e5171470. 9 of 6,407, .229; two of these talks were looked at
    since
"""

import json
import random
import re


def last_said(values, exchanges):
    """Index of the last exchange that says one of the values as whole words ("2" is not said by
    "12 pm"), or None."""
    wanted = "|".join(re.escape(value.casefold()) for value in values)
    said = re.compile(rf"(?<!\w)(?:{wanted})(?!\w)")
    for at in range(len(exchanges) - 1, -1, -1):
        if said.search(" ".join(exchanges[at]).casefold()):
            return at
    return None


def put_in(own, last, needs, block, rng):
    """The block stands before the last two exchanges: what follows it is not its answer."""
    place = rng.randint(0, max(0, len(own) - 2))
    return (
        own[:place] + block + own[place:] + [last],
        {i + len(block) * (i >= place) for i in needs},
        set(range(place, place + len(block))),
    )


def told_cases(name, talks, others, inserted):
    """Cases of talks [(texts, told)]: ``told(place)`` gives {slot: value} that the user's turn
    there tells. Needed is where the value was said last that was told last of each slot that the
    last request may rest on, as ``told`` sees it from there; ``others(number)``: what may be put
    into a talk."""
    for number, (said, told) in enumerate(talks):
        rng = random.Random(f"{name}{number}")
        if len(said) < 6:
            continue
        asked = 2 * rng.randint(1, len(said) // 2 - 1)
        values = told(asked)
        if not values:  # thanks rest on nothing
            continue
        own = list(zip(said[:asked:2], said[1:asked:2], strict=True))
        last = (said[asked], said[asked + 1])
        needs = {last_said([value], [*own, last]) for value in values.values()}
        strange = others(number)
        block = rng.choice(strange)[:inserted] if number % 2 and strange else []
        yield put_in(own, last, needs - {len(own), None}, block, rng)


def crosswoz(folder):
    """[(texts, told)] of CrossWOZ in English; told are the values of the domains that the last
    request is about."""
    path = folder / "crosswoz_en" / "human_val.json"
    for item in json.loads(path.read_text(encoding="utf-8")).values() if path.exists() else ():
        turns = item["messages"]

        def told(asked, turns=turns):
            about = {act[1] for act in turns[asked]["dialog_act"]}
            return {
                (domain, slot): value
                for turn in turns[: asked + 1 : 2]
                for kind, domain, slot, value in turn["dialog_act"]
                if kind == "Inform" and domain in about and value and value != "none"
            }

        yield [turn["content"] for turn in turns], told


def woz(folder):
    """The same of WOZ 2.0: the whole state of the restaurant that is looked for."""
    path = folder / "woz" / "data.json"
    for item in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
        turns = item["turns"]

        def told(asked, turns=turns):
            return {
                slot: value
                for slots in turns[asked]["state"].values()
                for slot, value in slots.items()
                if value and value != "dontcare"
            }

        yield [turn["utterance"] for turn in turns], told


def e2e(folder, name):
    """The same of a file of the Microsoft Dialogue Challenge: all that the user told so far."""
    path, sessions = folder / "e2e" / f"{name}_all.tsv", {}
    lines = path.read_text(encoding="utf-8-sig").splitlines()[1:] if path.exists() else ()
    for line in lines:
        cells = [cell.strip().strip('"') for cell in line.split("\t")]
        if len(cells) < 6 or cells[3] not in ("user", "agent"):
            continue
        turns = sessions.setdefault(cells[0], [])
        values = {}
        for act in cells[5:]:
            values.update(re.findall(r"[(;]([a-z_]+)=\{?([^;{}()]+)", act))
        if turns and turns[-1][0] == cells[3]:
            turns[-1][1] += " " + cells[4]
            turns[-1][2].update(values)
        elif turns or cells[3] == "user":
            turns.append([cells[3], cells[4], values])
    for turns in sessions.values():

        def told(asked, turns=turns):
            found = {}
            for _who, _text, values in turns[: asked + 1 : 2]:
                found.update(values)
            return found if turns[asked][2] else {}

        yield [text for _who, text, _values in turns], told
