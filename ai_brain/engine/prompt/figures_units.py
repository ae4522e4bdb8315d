"""Units, scales, months and numbers in words, in English, German, French and Spanish."""

MONTHS = {
    1: "january jan januar jänner jan. janvier janv enero ene",
    2: "february feb februar février févr fevrier febrero",
    3: "march mar märz mrz mars marzo",
    4: "april apr avril avr abril abr",
    5: "may mai mayo",
    6: "june jun juni juin junio",
    7: "july jul juli juillet juil julio",
    8: "august aug août aout agosto ago",
    9: "september sep sept septembre septiembre",
    10: "october oct oktober okt octobre octubre",
    11: "november nov novembre noviembre",
    12: "december dec dezember dez décembre déc decembre diciembre dic",
}
ENGLISH = (
    "january jan february feb march mar april apr may june jun july jul august aug september sept "
    "sep october oct november nov december dec"
)
MONTH = {name: number for number, names in MONTHS.items() for name in names.split()}
MONTH_RE = (
    "(?i:" + "|".join(sorted((m.rstrip(".") for m in MONTH), key=len, reverse=True)) + r")\b\.?"
)

MONTH_EN = "(?i:" + "|".join(ENGLISH.split()) + r")\b\.?"

#: unit as written -> (family, how many of the family's smallest)
UNITS = {}
for _family, _rows in {
    "percent": {"% percent prozent prozentpunkte prozentpunkten pourcent": 1},
    "money": {
        "€ $ £ ¥ eur euro euros usd dollar dollars chf gbp fr. us$": 1,
        "cent cents ct centimes céntimos": 0.01,
    },
    "mass": {
        "mg": 0.001,
        "g gram grams gramm gramme grammes gramo gramos": 1,
        "kg kilo kilos kilogramm": 1e3,
        "t tonne tonnes tonnen tonelada toneladas": 1e6,
    },
    "length": {"mm": 1, "cm": 10, "m meter metres meters mètres metros": 1e3, "km": 1e6},
    "volume": {
        "ml": 1,
        "cl": 10,
        "dl": 100,
        "l liter liters litern litre litres litro litros": 1e3,
        "hl": 1e5,
        "cm3 cm³ ccm": 1,
        "dm3 dm³": 1e3,
        "m3 m³": 1e6,
    },
    "area": {"m2 m² qm sqm": 1, "ha": 1e4, "km2 km²": 1e6},
    "power": {"w watt watts": 1, "kw": 1e3, "mw": 1e6},
    "energy": {"wh": 1, "kwh": 1e3, "mwh": 1e6},
    "data": {"kb ko": 1, "mb": 1e3, "gb go": 1e6, "tb": 1e9},
    "time": {
        "s sec second seconds sekunde sekunden seconde secondes segundo segundos": 1,
        "min minute minutes minuten minuto minutos": 60,
        "h hr hrs hour hours std stunde stunden heure heures hora horas": 3600,
        "day days tag tage tagen arbeitstage werktage werktagen kalendertage jour jours día días "
        "dia dias": 86400,
        "week weeks woche wochen semaine semaines semana semanas": 604800,
    },
    "months": {
        "month months monat monate monaten mois mes meses": 1,
        "quarter quarters quartal quartale trimestre trimestres": 3,
        "year years jahr jahre jahren an ans année années año años": 12,
    },
}.items():
    for _names, _factor in _rows.items():
        for _name in _names.split():
            UNITS[_name] = (_family, _factor)
SCALES = {
    "k": 1e3,
    "tsd": 1e3,
    "thousand": 1e3,
    "tausend": 1e3,
    "mille": 1e3,
    "mil": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "millionen": 1e6,
    "millones": 1e6,
    "millón": 1e6,
    "bn": 1e9,
    "mrd": 1e9,
    "billion": 1e9,
    "billions": 1e9,
    "milliarden": 1e9,
    "milliard": 1e9,
    "milliards": 1e9,
}
WORDS = {
    word: number
    for number, words in {
        2: "two zwei deux dos both beide",
        3: "three drei trois tres",
        4: "four vier quatre cuatro",
        5: "five fünf cinq cinco",
        6: "six sechs seis",
        7: "seven sieben sept siete",
        8: "eight acht huit ocho",
        9: "nine neun neuf nueve",
        10: "ten zehn dix diez",
        11: "eleven elf onze once",
        12: "twelve zwölf douze doce dozen dutzend douzaine docena",
        20: "twenty zwanzig vingt veinte",
        0.5: "half halbe halb demi demie medio media",
    }.items()
    for word in words.split()
}
