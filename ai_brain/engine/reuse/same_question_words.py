"""The words that ``same_question`` looks up: English only."""

from ..base import politeness
from ..base.politeness import phrases

_UNITS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
UNITS = {word: number for number, word in enumerate(_UNITS.split(), 2)}
ONES = {"one": 1, **{word: number for word, number in UNITS.items() if number < 10}}
TENS = {word: 10 * number for number, word in enumerate(_TENS.split(), 2)}
# "one" is a figure only before these: "which one", "no one", "one pays" are not.
COUNTED = frozenset(
    "day days week weeks month months quarter quarters year years hour hours minute minutes second "
    "seconds unit units piece pieces percent euro euros dollar dollars pound pounds kilogram litre "
    "liter metre meter mile kilometre kilometer million billion thousand hundred".split()
)
ARTICLES = frozenset(("a", "an", "the"))
# "a" before or after these is a name ("account A", "A or B"), and before the last an amount.
NAMED_BY_LETTER = frozenset(
    "account accounts article articles block building case category class clause column company "
    "customer customers exhibit field form grade group hall hepatitis item items level line list "
    "lot option options order part partner phase plan plant player point product products project "
    "row scenario section serie series shelf site size step supplier table tank task team type "
    "unit variant variable vendor version vitamin warehouse warehouses zone".split()
)
AFTER_A_NAME = frozenset(
    "and or to vs versus is are was were has have had does did can in on at for from with into "
    "than as , ; : ? ! . ) / - + = & of by not".split()
)
AMOUNTS = frozenset(("few", "little"))
PERIODS = frozenset(
    "second minute hour day week fortnight month quarter year decade century season semester "
    "weekend night".split()
)
PERIODS |= {word if word == "century" else word + "s" for word in PERIODS}
RELATIVE = frozenset(("last", "past", "next", "coming", "previous"))

_HEADS = "what where when who how that there here it why"
CONTRACTIONS = {
    "cannot": "can not",
    "can't": "can not",
    "cant": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "i'm": "i am",
    "let's": "let us",
    **{f"{head}'s": f"{head} is" for head in _HEADS.split()},
    **{f"{head}s": f"{head} is" for head in ("what", "how", "where")},
    **{f"{head}'re": f"{head} are" for head in "we you they what".split()},
    **{f"{head}'ve": f"{head} have" for head in "i we you they".split()},
    **{f"{head}'ll": f"{head} will" for head in "i we you they it he she".split()},
}
for _verb in "do does did is are was were has have had could would should must need might".split():
    CONTRACTIONS[f"{_verb}n't"] = f"{_verb} not"
    CONTRACTIONS[f"{_verb}nt"] = f"{_verb} not"
# "what's changed" is "what has changed": 's before a participle stays as it is.
IRREGULAR_PARTICIPLES = frozenset(
    "been become come done gone got gotten had left lost made paid run said seen sent shown sold "
    "spent taken told won written bought brought given grown kept known met put read set".split()
)


GREETINGS = phrases(politeness.GREETINGS)
THANKS = phrases(politeness.THANKS)
# Openers that ask for what follows, whatever it is.
OPENERS = phrases(
    politeness.OPENERS
    + """
    could you kindly
    can you kindly
    please could you
    please can you
    please would you
    could you please tell me
    can you please tell me
    would you please tell me
    please
    kindly
    """
)
ABLE = frozenset(("could", "can", "would", "will"))
# What an assistant does with words: "can you …" asks for it, and not whether it is possible.
DOES = frozenset(
    "tell give list explain describe summarise summarize show suggest recommend".split()
)
# As they stand once articles, plurals and agreement are gone: every one asks for a way to do it.
HOW = phrases(
    """
    how do i
    how do we
    how do one
    how can i
    how can we
    how can one
    how could i
    how could we
    how could one
    how should i
    how should we
    how should one
    how would i
    how would we
    how would one
    how i
    how i can
    how i could
    how i should
    how we can
    how we could
    how we should
    how one can
    how do l
    how can l
    how to
    how to i
    how to can
    how to can i
    what is best way to
    what would be best way to
    best way to
    what is good way to
    what is way to
    what can i do to
    what can we do to
    what can one do to
    what should i do to
    what should we do to
    what should one do to
    what must i do to
    what do i need to do to
    what do i have to do to
    """
)
# "you" is anybody, unless the speaker is in it as well: then it may be who is asked.
HOW_YOU = phrases(
    """
    how do you
    how can you
    how could you
    how should you
    how would you
    how you can
    how can u
    how do u
    what can you do to
    what should you do to
    """
)
SPEAKER = frozenset("i me my mine myself we us our ours you your yours".split())
# What begins like the first begins like the second.
BEGINNINGS = tuple(
    (tuple(one.split()), tuple(other.split()))
    for one, other in (
        ("what do it feel like", "what is it like"),
        ("how do it feel", "what is it like"),
        ("what is some good", "what is best"),
        ("what is some of best", "what is best"),
        ("what is some best", "what is best"),
        ("what is some of", "what is"),
        ("what is some", "what is"),
    )
)
DIFFERENCE = phrases(
    """
    what is difference between
    what is difference in between
    difference between
    """
)
# The verb agrees with its subject, which is written in the singular.
AGREEMENT = {"are": "is", "were": "was", "does": "do", "has": "have"}
EMPHASIS = frozenset(("really", "actually", "indeed"))
# After these a comma, or what is only emphasis elsewhere, may turn the meaning.
# Acronyms of every office whose small letters are no English word.
ACRONYMS = frozenset(
    "ai api b2b b2c bi ceo cfo cio cto erp eu eur faq gbp gdpr hr iban ip iq isbn iso kpi mba ngo "
    "ocr oem pos psd2 qa roi rfq saas sepa seo sku tv uae ui uk url usa usb usd ux".split()
)
SUPERLATIVE = frozenset(("best", "worst", "most", "least"))
TURNING = frozenset("yes no not never nor without ok".split())
ASKS = frozenset(
    "what which who whom whose when where why how is are was were do does did can could will would "
    "should shall has have had may must am".split()
)

# Plurals that are words of their own, and words that only look like plurals.
LEXICAL = frozenset(
    """
    accounts-payable airlines always arms arts assets barracks bellows besides billiards blues
    brains brass canvas chaos chips christmas clothes colours colors communications compass
    contents cosmos corps customs damages dallas diabetes directions docs dues earnings
    effects economies expenses-paid forces funds futures gas glasses goods grounds headquarters
    heads herpes holdings honours honors humanities his hers its irons jeans kansas kudos
    lens letters lies likes lives leaves looks manners maths means measles minutes minus mumps
    news nowadays oats odds ones operations options others ours outskirts overseas pains pajamas
    pants papers parents perhaps plus premises proceeds provisions rabies relations remains
    resources returns-filed riches sales savings scales scissors securities selves series shorts
    sometimes spectacles species spirits states statistics stocks surroundings talks teams terms
    texas thanks theirs this thus times towards trousers troops trousers unless us vegas versus
    wages whereas windows woods words works yes yours analyses bases crises theses axes whys
    atlas alias bias afterwards backwards forwards upwards downwards indoors outdoors upstairs
    downstairs across access process success business address congress express progress less
    access stress press mass class glass gross loss boss cross does goes was has as is
    apps-store bills-of rights ends outs ins ups downs notes bonds credits
    """.split()
)
# Family names that are a first name, or a word, with an s: typed small they are no plurals.
NAMES = frozenset(
    """
    adams andrews banks bates bells briggs brooks burns burrows collins daniels davies davis
    dickens edwards ellis evans fields francis gates gibbs giles griffiths harris hawkins hayes
    hicks higgins hills hobbs holmes hopkins hughes humphreys jacobs james jacques jeffries jenkins
    jennings johns jones josephs kings lewis lucas marks martins matthews michaels mills morris
    myers nichols nicholas nichols owens parks parsons perkins peters phillips philips reeves
    reynolds richards rivers roberts robins rodgers rogers rogers ross rowlands samuels sanders
    saunders simmons simons simpsons stephens stevens stokes summers thomas waters watkins watts
    wells welles wilkins williams wills winters woods charles carlos dennis douglas agnes frances
    gladys doris iris chris alexis luis jesus marcus nicolas matias elias jonas klaus hans
    athens paris brussels naples cyprus wales netherlands philippines maldives bahamas
    mercedes adidas airbus siemens starbucks mcdonalds levis
    """.split()
)
# A people's name takes its plural like any word, capital or not.
PEOPLES = frozenset("muslims hindus jews sikhs arabs greeks turks germans romans asians".split())
SINGULAR = {
    "children": "child",
    "women": "woman",
    "movies": "movie",
    "cookies": "cookie",
    "calories": "calorie",
    "zombies": "zombie",
    "selfies": "selfie",
    "pies": "pie",
    "ties": "tie",
    "caches": "cache",
    "headaches": "headache",
    "shoes": "shoe",
    "heroes": "hero",
    "potatoes": "potato",
    "tomatoes": "tomato",
    "buses": "bus",
    "statuses": "status",
    "bonuses": "bonus",
    "viruses": "virus",
    "campuses": "campus",
    "quizzes": "quiz",
    "indices": "index",
    "wives": "wife",
    "knives": "knife",
}
ICS = frozenset("topics clinics comics critics fabrics metrics picnics mosaics relics".split())
# American spelling: what stands before -our, -ise and the like, and whole words.
_OUR = "behavi col endeav fav flav harb hon hum lab neighb rum sav"
_ISE = (
    "analy author capital categor central custom digit emphas equal final formal general harmon "
    "initial item legal local maxim minim modern monet normal optim organ personal prior real "
    "recogn special stabil standard summar symbol util visual"
)
SPELLING = {
    "centre": "center",
    "theatre": "theater",
    "litre": "liter",
    "kilometre": "kilometer",
    "fibre": "fiber",
    "catalogue": "catalog",
    "defence": "defense",
    "grey": "gray",
    "maths": "math",
    "cancelled": "canceled",
    "cancelling": "canceling",
    "travelling": "traveling",
    "labelled": "labeled",
    "programme": "program",
    "aluminium": "aluminum",
    "jewellery": "jewelry",
}
for _stem in _OUR.split():
    for _end in ("", "s", "ed", "ing", "ite", "able", "er", "al"):
        SPELLING[f"{_stem}our{_end}"] = f"{_stem}or{_end}"
for _stem in _ISE.replace("analy ", "").split():
    for _end in ("e", "ed", "es", "ing", "er", "ation", "ations"):
        SPELLING[f"{_stem}is{_end}"] = f"{_stem}iz{_end}"
for _end in ("e", "ed", "ing"):
    SPELLING[f"analys{_end}"] = f"analyz{_end}"
