"""What was changed between two texts, word by word.

>>> word_diff("Answer very briefly.", "Answer briefly.")
[('kept', 'Answer '), ('removed', 'very '), ('kept', 'briefly.')]
"""

import re

#: Pairs of words that are held against each other; beyond, the middle counts as written anew.
MOST_PAIRS = 1_000_000


def word_diff(before, after):
    """Return ``[('kept' | 'removed' | 'added', text), …]``; the kept and added texts together are
    ``after``, the kept and removed ones ``before``."""
    old, new = (re.findall(r"\S+\s*|\s+", text) for text in (before, after))
    head = _head(old, new)
    tail = min(_head(old[::-1], new[::-1]), len(old) - head, len(new) - head)
    marks = [("kept", word) for word in old[:head]]
    marks += _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    marks += [("kept", word) for word in old[len(old) - tail :]]
    found = []
    for kind, word in marks:
        if found and found[-1][0] == kind:
            found[-1] = kind, found[-1][1] + word
        else:
            found.append((kind, word))
    return found


def _head(old, new):
    count = 0
    for one, other in zip(old, new):
        if one != other:
            break
        count += 1
    return count


def _middle(old, new):
    """The longest common subsequence of words says which are kept."""
    if not old or not new or len(old) * len(new) > MOST_PAIRS:
        return [*(("removed", word) for word in old), *(("added", word) for word in new)]
    table = [[0] * (len(new) + 1) for _row in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        row, below = table[i], table[i + 1]
        for j in range(len(new) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if old[i] == new[j] else max(below[j], row[j + 1])
    found, i, j = [], 0, 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and old[i] == new[j]:
            found.append(("kept", old[i]))
            i, j = i + 1, j + 1
        elif j == len(new) or (i < len(old) and table[i + 1][j] >= table[i][j + 1]):
            found.append(("removed", old[i]))
            i += 1
        else:
            found.append(("added", new[j]))
            j += 1
    return found
