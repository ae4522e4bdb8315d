"""Words by which the language of a short question is told."""

from functools import cache

SPOKEN = frozenset(("en", "de", "fr", "es"))
# Function words, and words that every question of business may begin with. A word that two of the
# languages write alike stands at both or at none. Italian, Portuguese and Dutch are there to doubt.
TELLING = {
    "en": "the what which how who whose where when why does did do is are was were my our your "
    "their with from this that these those for and have has can could should would please of to "
    "many much between not there any all show list explain invoice invoices order orders customer "
    "customers supplier suppliers payment payments price tax month year week last next paid due",
    "de": "der die das den dem des ein eine einen einem einer eines und oder ist sind war waren "
    "wird werden wurde wie was wer wem wen wo wann warum welche welcher welches welchen welchem "
    "ich wir sie mir uns mein unser nicht kein keine mit von vom zum zur für auf bei nach über "
    "kann kannst können könnte hat habe haben bitte gibt viele viel zwischen im am",
    "fr": "le les des du une et ou est sont était qui que quoi quel quelle quels quelles comment "
    "combien pourquoi quand où dans avec pour sur nous vous je il elle on mon notre nos votre ne "
    "pas ce cette ces aux au puis peut pouvez avez ont fait entre",
    "es": "el los las una unos y o es está están son qué quién quiénes cuál cuáles cómo cuándo "
    "cuánto cuánta cuántos cuántas dónde por para con del al que no se mi mis nuestro nuestra "
    "hay ha han puedo puede puedes debo tiene tienen entre",
    "it": "il lo gli che cosa come quando quanto quanti quale quali dove perché della delle dei "
    "degli nel nella con per una sono è non posso ho",
    "pt": "os as um uma do da dos das no na nos nas que qual quais como quando quanto quantos onde "
    "por para com não é são está eu posso",
    "nl": "de het een en van wat welke hoe wie waar wanneer waarom zijn is ik wij niet met voor op "
    "kan hebben naar te",
}
FIRST_WORDS = {
    **dict.fromkeys("how what which why where who when whose please show does".split(), "en"),
    **dict.fromkeys("wie welche welcher welches wo wer wann warum bitte wieviel".split(), "de"),
    **dict.fromkeys("comment quel quelle quels quelles où combien pourquoi quand".split(), "fr"),
    **dict.fromkeys("qué quién cuál cómo dónde cuánto cuántos cuántas cuándo".split(), "es"),
}


@cache
def telling():
    """{word: languages}"""
    found = {}
    for lang, words in TELLING.items():
        for word in words.split():
            found.setdefault(word, []).append(lang)
    return found
