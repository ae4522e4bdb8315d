"""Several like questions in one call: what is sent, and how the one answer is read.

Every answer stands between two marks that carry a sign of this call, which no question can know.
What is not exactly so is no answer, and is asked singly.

>>> text = "<answer-1-7f3a>Bern</answer-1-7f3a>\\n<answer-2-7f3a>Rome</answer-2-7f3a>"
>>> read(text, 2, "7f3a")
['Bern', 'Rome']
>>> read(text.replace("</answer-2-7f3a>", ""), 2, "7f3a")
['Bern', None]
"""

import re

#: Questions of one call at most, and how long one waits for others.
MOST = 5
PATIENCE_S = 2.0
#: Characters of a question that is small, and of what is said before it.
MOST_CHARS = 2000
MOST_SYSTEM = 20_000

_TASK = (
    "Below are {n} questions. Answer each for itself, as if it were the only one: nothing that one "
    "of them says holds for another. Write all {n} answers, in their order, each between its own "
    "two marks, and nothing outside of the marks:\n<answer-1-{sign}>…</answer-1-{sign}>\n"
    "<answer-2-{sign}>…</answer-2-{sign}>"
)
#: Bytes that joining adds for each question at most: its share of the task, and its marks.
EXTRA_BYTES = 400
_ASKED = re.compile(r"<question-(\d)-([0-9a-f]+)>\n(.*?)\n</question-\1-\2>", re.DOTALL)
_SIGN = re.compile(r"[0-9a-f]{4,16}\Z")


def is_small(messages):
    """Is it one short question in plain text, with nothing but a system prompt before it?

    >>> is_small([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}])
    True
    >>> is_small([{"role": "user", "content": [{"type": "text", "text": "Hi"}]}])
    False
    """
    if not messages or any(set(one) - {"role", "content"} for one in messages):
        return False
    if not all(isinstance(one["content"], str) for one in messages):
        return False
    *before, question = messages
    if question["role"] != "user" or any(one["role"] != "system" for one in before):
        return False
    return (
        bool(question["content"].strip())
        and len(question["content"]) <= MOST_CHARS
        and sum(len(one["content"]) for one in before) <= MOST_SYSTEM
    )


def compose(requests, sign):
    """Return the messages of one call for several requests with the same system prompt.

    :param requests: lists of messages, each :func:`is_small`
    :param str sign: 4 to 16 hex digits, other ones in each call and in none of the questions
    :raise ValueError: fewer than two or more than :data:`MOST`, other system prompts, a sign that
        a question contains

    >>> one, two = ([{"role": "user", "content": text}] for text in ("Swiss capital?", "Italian?"))
    >>> print(compose([one, two], "7f3a")[0]["content"].split("\\n\\n")[1])
    <question-1-7f3a>
    Swiss capital?
    </question-1-7f3a>
    <question-2-7f3a>
    Italian?
    </question-2-7f3a>
    """
    if not 2 <= len(requests) <= MOST or not _SIGN.match(sign):
        raise ValueError("not to be joined")
    system = requests[0][:-1]
    questions = [request[-1]["content"] for request in requests]
    if any(request[:-1] != system for request in requests) or sign in "\n".join(questions):
        raise ValueError("not to be joined")
    parts = [_TASK.format(n=len(questions), sign=sign), ""]
    for n, question in enumerate(questions, 1):
        parts += [f"<question-{n}-{sign}>", question, f"</question-{n}-{sign}>"]
    return [*system, {"role": "user", "content": "\n".join(parts)}]


def answer_each(text, answer):
    """Answer a composed text as it asks for it; None for a text that is none. For the sandbox.

    :param answer: function of a question

    >>> one, two = ([{"role": "user", "content": text}] for text in ("Bern?", "Rome?"))
    >>> print(answer_each(compose([one, two], "7f3a")[0]["content"], str.upper))
    <answer-1-7f3a>BERN?</answer-1-7f3a>
    <answer-2-7f3a>ROME?</answer-2-7f3a>
    """
    if len(text) > MOST * (MOST_CHARS + 1000):
        return None
    asked = _ASKED.findall(text)
    lines = [f"<answer-{n}-{sign}>{answer(said)}</answer-{n}-{sign}>" for n, sign, said in asked]
    return "\n".join(lines) or None


def read(text, n, sign):
    """Return the ``n`` answers that a text holds; None for one that is not exactly as asked.

    They are read from the front as long as nothing stands outside of the marks; an answer is none
    where one of its marks comes twice, where it holds a mark of another, or where it is empty.

    >>> read("Sure! <answer-1-7f3a>Bern</answer-1-7f3a>", 1, "7f3a")
    [None]
    >>> twice = "<answer-1-7f3a>Bern</answer-1-7f3a><answer-2-7f3a>x</answer-2-7f3a>"
    >>> read(twice + "<answer-2-7f3a>y</answer-2-7f3a>", 2, "7f3a")
    ['Bern', None]
    """
    found, place = [None] * n, 0
    for number in range(1, n + 1):
        first, last = f"<answer-{number}-{sign}>", f"</answer-{number}-{sign}>"
        begin = text.find(first, place)
        end = text.find(last, begin + len(first)) if begin >= 0 else -1
        if end < 0 or text[place:begin].strip():
            break
        answer = text[begin + len(first) : end].strip()
        once = text.count(first) == 1 and text.count(last) == 1
        if once and answer and sign not in answer:
            found[number - 1] = answer
        place = end + len(last)
    return found
