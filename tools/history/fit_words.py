#!/usr/bin/env python3
"""Makes ai_brain/engine/waste/data/related_words.txt: rarity and direction of 10,000 stems.

    python tools/history/fit_words.py DIR WORDNET OUT

DIR: the folder of ``dialogues.py``, with clinc.json (data/data_full.json of clinc/oos-eval) beside;
WORDNET: a folder with WordNet 3.0's data.noun, data.verb, data.adj and data.adv (Debian's
wordnet-base). Counted is which stems stand in one text; the positive pointwise mutual information
is reduced by a singular value decomposition. The head of OUT is kept. Needs numpy and scipy.
"""

import base64
import math
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

import dialogues
import numpy as np
import scipy.sparse
from scipy.sparse.linalg import svds

from engine.waste import related, text  # the path is set by dialogues  # isort: skip

STEMS, LEAST_TIMES, SHORT, WINDOW = 10_000, 6, 40, 12
# Weight of a source's pairs; rarity is counted in those of _WRITTEN.
WEIGHT = {"sgd": 0.3, "clinc": 0.6, "tm": 0.3, "kv": 0.5, "cam": 0.3, "sim": 0.3}
_WRITTEN = {"sgd", "mt", "topical", "clinc"}


def stems(said):
    """Stems of a text in their order, function words left out."""
    lists, found = text._lists(), []
    for match in text._WORD.finditer(said[:4000]):
        word = match.group()
        if not word.isascii() or len(word) < 3 or any(c.isdigit() for c in word):
            continue
        low = text._lowered(word)
        if low in lists.function or (len(low) <= 7 and low[:6] in lists.function_stems):
            continue
        stem = text._stem(low)
        if len(stem) >= 3 and stem not in text._SHORTENED and (len(low) >= 4 or word.isupper()):
            found.append(stem)
    return found


def wordnet(folder):
    """Words of each set of synonyms, its gloss, and of ten words next to it."""
    sets = {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                continue
            head, _, gloss = line.partition("|")
            fields = head.split()
            size = int(fields[3], 16)
            words = [fields[4 + 2 * k].replace("_", " ") for k in range(size)]
            at = 4 + 2 * size
            pointers = [fields[at + 1 + 4 * k : at + 5 + 4 * k] for k in range(int(fields[at]))]
            sets["a" if fields[2] == "s" else fields[2], fields[0]] = (words, pointers, gloss)
    for words, pointers, gloss in sets.values():
        near = []
        for sign, offset, part, _source in pointers:
            other = sets.get((part, offset))
            if other and sign[0] in "@%#;&=+~" and len(near) < 10:
                near += other[0][:2]
        yield " ".join([*words, gloss, *near])


def texts(folder, wordnet_folder):
    """Yield (source, text)."""
    rng = random.Random(1)

    def some(found, count):
        found = list(found)
        rng.shuffle(found)
        return [exchanges for _key, _subjects, exchanges, _needs in found[:count]]

    def parts(talks, step, length):
        for exchanges in talks:
            for at in range(0, len(exchanges), step):
                yield " ".join(" ".join(said) for said in exchanges[at : at + length])

    yield from (("wn", said) for said in wordnet(wordnet_folder))
    talks = some(dialogues.one_service(folder), 1500) + some(dialogues.two_services(folder), 1000)
    yield from (("sgd", said) for said in parts(talks, 2, 3))
    seen = some(dialogues.SOURCES["mt_seen"][0](folder), None)
    yield from (("mt", said) for said in parts(seen, 1, 1))
    for which in ("freq", "rare"):
        talks = some(dialogues.topical(folder, which), None)
        yield from (("topical", said) for said in parts(talks, 2, 3))
    asked = defaultdict(list)
    for part in ("train", "val", "test"):
        for said, intent in dialogues.load(folder / "clinc.json")[part]:
            asked[intent].append(said)
    for intent, said in asked.items():
        rng.shuffle(said)
        for at in range(0, len(said), 3):
            yield "clinc", " ".join([intent.replace("_", " "), *said[at : at + 3]])
    movies = dialogues.simulated(folder, "simM_train.json", "Movies")
    for kind, source, count in (
        ("kv", dialogues.kvret(folder), 300),
        ("cam", dialogues.camrest(folder), 300),
        ("sim", movies, 300),
        ("tm", dialogues.taskmaster(folder), 200),
    ):
        yield from ((kind, said) for said in parts(some(source, count), 100, 100))


def together(read, place):
    """{(stem, stem): how often in one text}, stems by their places."""
    counts = defaultdict(float)
    for kind, found in read:
        places, weight = [place[s] for s in found if s in place], WEIGHT.get(kind, 1.0)
        if len(places) <= SHORT:
            once = sorted(set(places))
            for n, one in enumerate(once):
                for other in once[n + 1 :]:
                    counts[one, other] += weight * 4 / max(4, len(once))
        else:
            for n, one in enumerate(places):
                for other in places[n + 1 : n + WINDOW]:
                    if one != other:
                        counts[min(one, other), max(one, other)] += weight * 0.3
    return counts


def directions(counts, size):
    """A unit vector for each stem."""
    rows, columns = np.array(list(counts)).T
    values = np.array(list(counts.values()))
    matrix = scipy.sparse.coo_matrix(
        (np.r_[values, values], (np.r_[rows, columns], np.r_[columns, rows])), shape=(size, size)
    )
    total, row = matrix.sum(), np.asarray(matrix.sum(1)).ravel()
    context = row**0.75 / (row**0.75).sum()
    matrix.data = np.log(matrix.data / ((row[matrix.row]) * context[matrix.col]))
    matrix.data = np.maximum(matrix.data, 0)
    matrix = matrix.tocsr()
    matrix.eliminate_zeros()
    print(f"{total:.0f} pairs, {matrix.nnz} not by chance")
    left, strength, _right = svds(matrix, k=related.DIMENSIONS + 1, random_state=0)
    order = np.argsort(-strength)[1:]  # the first is how frequent a stem is
    found = left[:, order] * np.sqrt(strength[order])
    return found / (np.linalg.norm(found, axis=1, keepdims=True) + 1e-9)


def main():
    folder, wordnet_folder, out = map(Path, sys.argv[1:4])
    read = [(kind, stems(said)) for kind, said in texts(folder, wordnet_folder)]
    read = [(kind, found) for kind, found in read if len(found) >= 2]
    times = Counter(stem for _kind, found in read for stem in found)
    known = [stem for stem, n in times.most_common(STEMS) if n >= LEAST_TIMES]
    place = {stem: at for at, stem in enumerate(known)}
    found = directions(together(read, place), len(known))
    written = [set(stems_) for kind, stems_ in read if kind in _WRITTEN]
    holding = Counter(stem for stems_ in written for stem in stems_)
    print(f"{len(read)} texts, ln of those counted {math.log(len(written) + 1):.2f}")
    lines = [line for line in out.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
    for stem in sorted(known):
        rare = math.log((len(written) + 1) / (holding[stem] + 1))
        halves = [max(-7, min(7, round(x * related._STEP))) + 8 for x in found[place[stem]]]
        packed = bytes(a << 4 | b for a, b in zip(halves[::2], halves[1::2], strict=True))
        kept = base64.b64encode(packed).decode().rstrip("=")
        lines.append(f"{stem} {round(rare * related._PER_NAT)} {kept}")
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
