"""How a turn of a conversation hangs on the ones before it, told by its words."""

from ..base.lazy import regex
from .text import common_stems, terms

SHORT_WORDS = 12
TURN_CHARS = 3000  # of a turn that are read

# What it names was said: it is found by its words.
NAMES_AGAIN = regex(
    r"(?i)\byou (?:said|told|mentioned|gave|suggested|wrote|listed|explained|recommended)\b"
)
# Points at something said, wherever it was.
REFERS_BACK = regex(
    r"(?i)\b(?:earlier|above|previous(?:ly)?|before|as (?:you|i|we) said"
    r"|i (?:said|told|mentioned|gave)"
    r"|we (?:discussed|agreed|decided|talked)|so far"
    r"|all (?:of )?(?:it|that|them|these|this|those)|summari[sz]e"
    r"|recap|conversation|minutes|everything|remember|back to|original|initial|started|mentioned"
    r"|vorhin|oben|zuvor|vorher|wie gesagt|du hast|sie haben|wir haben|bisher|alles?"
    r"|all(?:es|em) das|zusammenfass\w*"
    r"|fasse|gespräch|ursprünglich\w*|erwähnt\w*|besprochen|précédent\w*|plus haut|ci-dessus"
    r"|tout à l'heure|tout (?:cela|ça|ceci)|résum\w*|conversation|mentionn\w*"
    r"|anterior\w*|antes|arriba|resum\w*"
    r"|conversación|tod[oa]s? (?:eso|esto|ello|ell[oa]s)|mencion\w*"
    r"|precedent\w*|sopra|prima|riassum\w*|acima"
    r"|eerder|hierboven|samenvat\w*|wcześniej|powyżej|podsumuj\w*"
    r"|ранее|выше|раньше|итог\w*|önceki|yukarıda|özetle\w*)\b"
    r"|刚才|之前|上面|前面|总结|前述|先ほど|まとめ|위에서|아까|요약"
)
# Of these English ones such that point at a single thing, which its words find.
POINTS_AT_ONE = regex(
    r"(?i)\b(?:(?:you|i|we)(?:'ve| have)? |did you )"
    r"(?:said?|say|told|tell|mention(?:ed)?|gave|suggest(?:ed)?|recommend(?:ed)?|describe[ds]?)\b"
    r"(?:(?: [\w'-]+){0,6}? (?:earlier|before|previously|above)(?! [\w'-]))?"
)
CONTINUES = regex(r"(?i)^\W*(?:go on|continue|more|next|weiter|continue[rz]?|sigue|继续|続け)")
# Takes up what was settled of another subject, however long ago: "in the same area".
TAKES_UP = regex(
    r"(?i)\bthe same (?:[\w'-]+ ){0,2}?(?:area|part|place|side|town|city|street|price|range|budget"
    r"|cost|number|amount|size|group|people|party|guests|day|date|time|week|month|name|address"
    r"|account|order|customer|type|kind|style|format)s?\b"
    r"|\b(?:between|to|from|for|of|at|with) (?:the two|both|these two|those two)\b"
    r"|\bbetween (?:them|the [\w'-]+ and (?:the )?[\w'-]+)\b"
    r"|\b(?:d(?:er|ie|as|en|em)selben?|(?:die|der|das|den|dem|im|am|zum) (?:gleichen?))"
    r" (?:gegend|viertel|ort|stadt|preis\w*|budget|anzahl|zahl|gruppe|leute|tag|datum|zeit|uhrzeit"
    r"|woche|namen?|adresse|konto|auftrag|kunden?|art|stil|format)\b"
    r"|\bzwischen (?:den beiden|beiden|ihnen|de[mnr] \w+ und (?:de[mnr] )?\w+)\b"
    r"|\b(?:le|la|les|au|du) mêmes? (?:quartier|endroit|ville|prix|budget|nombre|groupe|personnes"
    r"|jour|date|heure|semaine|nom|adresse|compte|commande|client|type|style|format)s?\b"
    r"|\bentre (?:les deux|eux|elles|l[ea] \w+ et l[ea] \w+)\b"
    r"|\b(?:el|la|los|las|al|del) mism[oa]s? (?:zona|barrio|lugar|ciudad|precio|presupuesto|número"
    r"|cantidad|grupo|personas|día|fecha|hora|semana|nombre|dirección|cuenta|pedido|cliente|tipo"
    r"|estilo|formato)s?\b"
    r"|\bentre (?:los dos|las dos|ambos|ambas|ellos|ellas|(?:el|la) \w+ y (?:el|la) \w+)\b"
)
# How later turns are to be answered: needed by each of them, though they have no word of it.
RULES_LATER = regex(
    r"(?i)\b(?:from now on|for the rest of|in this conversation|whatever i|whenever i|each time i"
    r"|every time i|when(?:ever)? i (?:say|write|type|give|send|ask)|i(?:'ll| will| am going to) "
    r"(?:give|send|name|tell|ask|provide|paste|type|write|share|list|describe|say|present)"
    r"|i want you to|i'd like you to|i would like you to|act as|pretend|you are (?:a|an|my|the)"
    r"|you(?:'ll| will) (?:be|act|play)|let's (?:play|say|pretend|do)|role.?play"
    r"|(?:^|(?<=[.!?;:,\n] )|(?<=and )|(?<=please )|(?<=must )|(?<=should )|(?<=you ))"
    r"(?:always|never)"
    r"|(?:one|ones|word|text|term|topic|title|number)s? (?:that )?i (?:mention|name|give|say"
    r"|provide)"
    r"|only (?:answer|reply|respond)"
    r"|(?<!your )(?<!that )(?<!this )(?<!the )(?<!previous )(?:answer|reply|respond)"
    r" (?:only|in|with|as|to)"
    r"|my name is|call me|i(?:'m| am) (?:a|an|allergic|vegan|vegetarian)|ab jetzt|von nun an"
    r"|ich (?:gebe|nenne|schicke|sende|werde)|du bist|immer|niemals|antworte|ich bin|ich heiße"
    r"|mein name|désormais|à partir de maintenant|dorénavant|je vais te|je vais vous|tu es"
    r"|vous êtes"
    r"|toujours|jamais|réponds|je suis|je m'appelle|a partir de ahora|de ahora en adelante|voy a"
    r"|te voy a|eres|siempre|nunca|responde|me llamo|soy)\b|从现在|以后|你是|今から"
)
# A question that could stand at the beginning of a conversation.
_OPENS = regex(
    r"(?i)^\W*(?:(?:hi|hello|hey|hallo|bonjour|hola|please|bitte|also|ok(?:ay)?|now|thanks?|great"
    r"|and|so|well)\W+)*(?:what|which|who|where|when|why|how|can|could|would|will|is|are|do|does"
    r"|did|should|i (?:want|need|would like|am looking|have)|i'd like|i'm (?:looking|trying)|please"
    r"|help|tell|give|write|explain|describe|find|show|list|create|make|translate|compare|name"
    r"|convert|calculate|suggest|recommend|provide|generate|plan|design|solve|add|build|draft"
    r"|imagine|if|suppose|let's|wer|was|wann|wo|warum|wie|welche[rsmn]?|kann|könn\w+|ich möchte"
    r"|ich brauche|schreib\w*|nenne|erklär\w*|übersetz\w*|gib|qui|que|quoi|quand|où|combien|comment"
    r"|pourquoi|quel\w*|peux-tu|pouvez|je voudrais|écris|donne|explique|traduis|qué|quién\w*|cuándo"
    r"|dónde|cuánt\w*|cómo|cuál\w*|puedes|quiero|necesito|escribe|dame|explica|traduce)\b"
)
_POINTS = regex(
    r"(?i)\b(?:this|that|these|those|such|ones|(?:in|at|from) here"
    r"|(?:the|another|other|first|last|cheaper|better|each|every|any|an? \w+) one(?! way)"
    r"|one(?=\W*(?:$|[.?!,;]| (?:is|are|was|that|which|in|for|with|to|on|from|has|does|instead"
    r"|please|too|and|or)\b))|same|also|too|instead|else|another|other|others"
    r"|more|then|again|still|first|second|third|last|both|(?<!is )(?<!are )there(?! (?:is|are|was"
    r"|were))|your (?:answer|response|explanation|advice|list|suggestion|reply|summary"
    r"|description)s?"
    r"|re(?:phrase|state|format|write|word)\w*|refer(?:ring)?|regarding|given|dies\w*|davon|dazu"
    r"|damit|dafür|auch|dann|noch|nochmal|beide|erste[nsr]?|zweite[nsr]?|cet|cette|ces|cela|ça"
    r"|aussi"
    r"|alors|encore|premi(?:er|ère)|deuxième|est[eao]s?|es[eao]s?|también|entonces|otra vez"
    r"|primer\w*"
    r"|segund\w*|перв\w+|втор\w+)\b|第一|第二|最初|처음"
)
# These may stand for something named before them in the same question.
_PRONOUNS = regex(
    r"(?i)\b(?:it|its|they|them|their|he|she|him|her|his|er|sie|es(?! gibt)|ihn|ihm|ihr\w*"
    r"|il(?! y a)"
    r"|elle|ils|elles|lui|leur|él|ella)\b"
)
# "The stairs" of something that was named before; "the stairs of the tower" name it themselves.
_THE_KNOWN = regex(
    r"\b[Tt]he (?![A-Z]|(?:world|internet|web|earth|sun|moon|sky|sea|future|past|present|day|night"
    r"|morning|afternoon|evening|weekend|most|best|\w+est)\b|(?:[\w'-]+ ){0,3}(?:of|in|for|that"
    r"|which|who|between|from|on|at|to|by|with)\b)\w"
)
_CONNECTS = regex(
    r"(?i)^\W*(?:and|but|so|or|also|because|now|then|what about|how about|what if|und|aber|oder"
    r"|also|et|mais"
    r"|ou|donc|y|pero|o|entonces|那|那么)\b"
)
CLOSING_OFFER = regex(
    r"(?i)(?:anything|something|what) else|else (?:can|may|could)|further (?:help|assist|questions)"
    r"|noch (?:etwas|was)|sonst noch|autre chose|d'autres questions|algo más|alguna otra"
)
FAREWELL = regex(
    r"(?i)\b(?:bye|goodbye|thank you|thanks|that's all|that is all|nothing else"
    r"|have a (?:good|great|nice))\b"
)
_SENTENCE_END = regex(r"[.!?。！？]\s")
# "A pet that swims" and "this month" point at nothing that was said.
_POINTS_NOWHERE = regex(
    r"(?i)\b(?:an?|some) (?:[\w'-]+ ){1,3}that\b"
    r"|(?<!think)(?<!know)(?<!sure)(?<!believe)(?<!mean)(?<!says)(?<!say)(?<!does)(?<!would)"
    r"(?<!with)(?<!about)(?<!like)(?<!after)(?<!before)(?<!than)(?<!and)(?<!but)(?<!for)(?<!is)"
    r" that (?:can|could|will|would|may|might|should|is|are|was|were|has|have|had|i|you|we|they)\b"
    r"|\bthis (?:week|month|year|weekend|morning|afternoon|evening)\b"
    r"|\b(?:is|was|will|would) it (?:\w+ly )?\w+ to\b|\bit takes?\b"
)
# Brings something up: "I need a cab", "find me an attraction".
BRINGS_UP = regex(
    r"(?i)\b(?:(?:need|want|(?<!sounds )like|wish|help|gonna|going|looking|trying|interested"
    r"|search(?:ing)?|look|find(?:ing)?|get|call|book|rent|reserve|suggest|recommend|explain|brauche"
    r"|suche|möchte|cherche|voudrais|necesito|busco|quiero) (?:\w+ ){0,4}?"
    r"(?:an?|some|any|two|three|four|five|\d+|eine?n?|une?|des|una?s?)"
    r" (?!(?:few|bit|little|lot|different|new|other|more|table"
    r"|reservation|booking|appointment|seat|visit|summary|list|copy|example|version)\b)"
    r"|(?:(?:looking|search(?:ing)?) for|interested in)"
    r" (?!(?:it|its|them|that|this|those|these|the|one|ones|something|anything)\b))[^\W\d_]{3}"
)
_ASKS = regex(
    r"(?i)[?？]|^\W*(?:(?:please|bitte|ok(?:ay)?|thanks?|great|well|hi|hello|hey)\W+)*(?:what|which|who|where"
    r"|when|why|how|can|could|would|will|is|are|do|does|did|should|tell|explain|describe|write)\b"
)


def leans(question, before, said=""):
    """Can a question not be understood without ``before``, the answer given before it?

    A question that could open a conversation and names its subject stands by itself; what points
    at something, goes on with "and" or replies to a question does not. ``said`` is the whole
    exchange before it: what names a thing of that goes on with it.
    """
    question = question[:TURN_CHARS].strip()
    if not question or _CONNECTS.search(question):
        return True
    if REFERS_BACK.search(question) or NAMES_AGAIN.search(question):
        return True
    end = _SENTENCE_END.search(question)
    begin = question[: end.start() if end else 200][:200]
    content = terms(question, TURN_CHARS)
    own = content.topic - common_stems()
    short = len(question.split()) <= SHORT_WORDS
    reach = _POINTS_NOWHERE.sub(" ", question if short else begin)
    if _POINTS.search(reach) or _unbound(_PRONOUNS, reach, 1):
        return True
    if short and _unbound(_THE_KNOWN, question, 2):
        return True
    new = _brings_up(question, content, said)
    could_open = _OPENS.search(question)
    tail = before[-200:].rstrip()
    asked = tail.endswith(("?", "？")) and not CLOSING_OFFER.search(tail)
    if asked and not (could_open and _ASKS.search(question)):
        return not new
    if could_open:
        return not own and not new and len(content.topic | content.weak) < 2
    return len(own) < 3 and not new


def opens(question, said):
    """Does a question bring up what ``said``, the exchange before it, has no word of?"""
    return _brings_up(question, terms(question[:TURN_CHARS], TURN_CHARS), said[:TURN_CHARS])


def _brings_up(question, content, said):
    """Does it ask for something that the exchange before it has no word of?"""
    if not BRINGS_UP.search(question[:200]):
        return False
    earlier = terms(said, TURN_CHARS)
    return not (content.topic | content.weak) & (earlier.topic | earlier.weak)


def _unbound(pattern, text, names):
    """Does the text point at something before it has named so many things itself?"""
    found = pattern.search(text)
    return bool(found) and len(terms(text[: found.start()]).topic - common_stems()) < names
