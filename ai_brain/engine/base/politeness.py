"""Words around a question that ask for nothing, and words whose case tells: for whoever compares
two questions (``waste.same``: is it the same request? ``reuse.same_question``: may one answer
serve both?)."""


def phrases(text):
    """Phrases, one a line, as tuples of words; the longest first.

    >>> phrases("hi\\nhi there")
    [('hi', 'there'), ('hi',)]
    """
    lines = [tuple(line.split()) for line in text.splitlines()]
    return sorted(filter(None, lines), key=len)[::-1]


#: Taken away only where a mark or the text's end sets them apart.
GREETINGS = """
    hi
    hi there
    hi all
    hello
    hello there
    hey
    good morning
    good afternoon
    good evening
    dear team
    dear all
    dear sir or madam
"""
THANKS = """
    thanks
    thanks a lot
    thanks in advance
    many thanks
    thank you
    thank you very much
    thank you so much
    thank you in advance
"""
#: What asks for what follows, whatever it is.
OPENERS = """
    could you please
    can you please
    would you please
    will you please
    could you tell me
    can you tell me
    would you tell me
    please tell me
    tell me
    i would like to know
    i'd like to know
    i would like you to
    i'd like you to
"""
#: Words that another spelling of the same letters makes another word.
CASE_TELLS = frozenset(
    """
    us it who aids may march august polish turkey china apple windows word excel access
    outlook teams go swift rust ruby java python shell target gap visa orange bill mark will
    rob frank grant sap am pm or all
    """.split()
)
#: German ones are told apart even at the beginning of a sentence.
PRONOUNS = frozenset("sie ihr ihre ihnen ihrem ihren ihrer ihres".split())
