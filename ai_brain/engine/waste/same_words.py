"""Words of politeness and of asking, and words whose case tells: what ``same`` looks up."""

from ..base.lazy import regex


def _words_of(text):
    return frozenset(text.split())


# Words that another spelling of the same letters makes another word. German pronouns are told
# apart even at the beginning of a sentence.
CASE_TELLS = _words_of(
    """
    us it who aids may march august polish turkey china apple windows word excel access
    outlook teams go swift rust ruby java python shell target gap visa orange bill mark will
    rob frank grant sap am pm or all
    """
)
PRONOUNS = _words_of(
    """
    sie ihr ihre ihnen ihrem ihren ihrer ihres
    """
)
ENGLISH = _words_of(
    """
    the what which how who when where why is are of does do did please and for my with that
    this from should could would have has was were tell give show list write make many much
    """
)
NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        (
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ),
        2,
    )
}
CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "i'm": "i am",
    "let's": "let us",
    **{
        f"{w}n't": f"{w} not"
        for w in [
            "do",
            "does",
            "did",
            "is",
            "are",
            "was",
            "were",
            "has",
            "have",
            "had",
            "could",
            "would",
            "should",
            "must",
            "need",
        ]
    },
    **{f"{w}'s": f"{w} is" for w in _words_of("what where when who how that there here it")},
    **{f"{w}'re": f"{w} are" for w in _words_of("we you they")},
    **{f"{w}'ve": f"{w} have" for w in _words_of("i we you they")},
    **{f"{w}'ll": f"{w} will" for w in _words_of("i we you they it")},
}


def _phrases(text):
    """Phrases, one a line, as tuples of words; the longest first."""
    return sorted((tuple(line.split()) for line in text.strip().splitlines()), key=len)[::-1]


# Taken away only where a mark or the text's end sets them apart.
GREETINGS = _phrases(
    """
    hi
    hi there
    hello
    hello there
    hey
    good morning
    good afternoon
    good evening
    dear team
    dear all
    hallo
    hallo zusammen
    moin
    servus
    grüezi
    guten tag
    guten morgen
    guten abend
    sehr geehrte damen und herren
    liebes team
    bonjour
    bonjour madame
    bonjour monsieur
    bonjour à tous
    bonsoir
    salut
    coucou
    hola
    buenos días
    buenas tardes
    buenas noches
    """
)
THANKS = _phrases(
    """
    thanks
    thanks a lot
    thanks in advance
    many thanks
    thank you
    thank you very much
    thank you so much
    thank you in advance
    danke
    danke schön
    danke sehr
    danke im voraus
    vielen dank
    vielen dank im voraus
    besten dank
    merci
    merci beaucoup
    merci bien
    merci d'avance
    gracias
    muchas gracias
    gracias de antemano
    muchas gracias de antemano
    """
)
PLEASE = _phrases(
    """
    please
    kindly
    bitte
    s'il te plaît
    s'il vous plaît
    stp
    svp
    por favor
    """
)
OPENERS = _phrases(
    """
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
    i want to know
    i would like you to
    i'd like you to
    do you know
    """
)
ABLE = _phrases("could you\ncan you\nwould you\nwill you")
SAID = _words_of(
    """
    tell give list explain describe summarise summarize translate write draft rewrite
    rephrase correct check review compare show name suggest recommend define classify
    extract convert calculate compute generate create find
    """
)
HOW = _phrases(
    """
    how do i
    how can i
    how could i
    how to
    what is the best way to
    """
)
# Where words are the subject, "please" may be one of them.
ABOUT_WORDS = regex(
    r"(?i)\b(?:say|saying|word|words|mean|means|spell|pronounc\w*|translat\w*|heißt|heisst"
    r"|bedeutet|übersetz\w*|schreibt man|sagt man|wort|mot|mots|signifie|traduire|traduis\w*"
    r"|traduction|dit-on|palabra|significa|traduc\w*|se dice|dice)\b|[\"]"
)
ASKS = _words_of(
    """
    what which who whom whose when where why how is are was were do does did can could will
    would should shall has have had may must wer wen wem wessen was wann wo wohin woher
    warum wie wieviel welche welcher welches welchem welchen qui que quoi quand où combien
    comment pourquoi quel quelle quels quelles est-ce qu'est-ce qué quién quiénes cuándo
    dónde cuánto cuánta cuántos cuántas cómo cuál cuáles
    """
)
