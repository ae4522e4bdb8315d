"""Words of politeness and of asking in four languages: what ``same`` looks up."""

from ..base import politeness
from ..base.lazy import regex
from ..base.politeness import phrases


def _words_of(text):
    return frozenset(text.split())


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


GREETINGS = phrases(
    politeness.GREETINGS
    + """
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
THANKS = phrases(
    politeness.THANKS
    + """
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
PLEASE = phrases(
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
OPENERS = phrases(
    politeness.OPENERS
    + """
    i want to know
    do you know
    """
)
ABLE = phrases("could you\ncan you\nwould you\nwill you")
SAID = _words_of(
    """
    tell give list explain describe summarise summarize translate write draft rewrite
    rephrase correct check review compare show name suggest recommend define classify
    extract convert calculate compute generate create find
    """
)
HOW = phrases(
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
