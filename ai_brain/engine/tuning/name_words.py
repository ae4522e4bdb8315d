"""Words that names are made of and that are words besides. All without accents and capitals."""

#: Between the parts of a name; none by itself.
PARTICLES = frozenset(
    "von van der den de del della di da do dos das du des la le les el los las al zu zum zur "
    "vom ten ter af av bin ibn abu y e i und and et mc mac o d l dr prof mr mrs ms herr frau "
    "mme mlle m sr sra st san ing dipl jr ii iii".split()
)
#: Legal forms at the end of a company's name.
LEGAL = frozenset(
    "gmbh mbh ag kg ohg ug se ev co kgaa ltd limited plc llp llc inc corp corporation sarl "
    "sas sa sasu eurl sci snc sl slu srl spa bv nv oy ab as aps gbr ek sp zoo".split()
)
#: What databases call things, or everybody: a name made of these alone names nobody.
NAMELESS = frozenset(
    "administrator admin odoobot odoo public portal user template default demo company "
    "companies my your our the new test team office sales service services support info "
    "contact shop store customer vendor supplier group".split()
)
#: How words end that say what a company does: such a word alone is no name of it.
TRADES = tuple(
    "bau technik handel kost service reinigung haus waren markt bedarf dienst dienste bedarf "
    "druck mobel maschinen werkzeuge transporte logistik beratung systeme losungen gruppe holding "
    "industrie industries industria industrial eria ria ing ics tion tions cion ciones ement "
    "age ures ware ers".split()
)
#: Months and days that are names too.
CALENDAR = frozenset(
    "april may june august augustus jan januar march mars mai juni juli avril juin mayo abril "
    "agosto julio junio enero marzo sunday friday monday summer domingo sabado".split()
)
#: Words so common that a capital alone, at the beginning of a sentence, does not make them names.
WORDS = frozenset(
    "a about after all also am an any are as ask at be been before best but by call can come "
    "could day dear did do does don each even every few find first for frank from get give "
    "go good grant had hand has have he hello her here hi him his hope how i if in is it its "
    "joy just keep kind last let like long look made make many mark me more most much must "
    "my need new next no not now of off on one only or other our out over own page pat paul "
    "per please price put read rich said same say see send she should so some such sue take "
    "than thank thanks that the their them then there these they this time to too two under "
    "up us use van very want was way we well were what when where which while who why will "
    "win with would yes you young your bill chance drew dean art gene guy heather ivy lance "
    "miles norm ray rob rod sandy scott skip wade ward aber alle als also am an auch auf aus "
    "bei beim bin bis bitte da danke dann das dass dein dem den der die dies diese doch du "
    "durch ein eine einem einen einer er es euch fur ganz gern gut haben hallo hat hier ich "
    "ihr ihre im in ist ja jede jetzt kann kein lang lieb liebe mal man mehr mein mit nach "
    "neu nicht noch nun nur ob oder ohne schon sehr sein seit sie sind so soll uber um und "
    "uns unter viel vom von vor war was weil wenn wer wie wir wird wo zu zum zur au aux avec "
    "bien bon bonjour car ce ces cet cette chez comme dans de des donc du elle en encore est "
    "et etre eux fait faut il ils je jour juste la le les leur lui ma mais me merci mes moi "
    "mon ne non nos notre nous on ou oui par pas peu plus pour quand que quel qui rien sa "
    "sans se ses si son sont sur ta te tes toi ton tous tout tres tu un une va vos votre "
    "vous y al algo ante asi aun bien buen cada como con cual cuando de del desde donde el "
    "ella ellos en entre era es esa ese eso esta este esto fue gracias ha hasta hay hola la "
    "las le les lo los mas me mi mis muy nada ni no nos o otra otro para pero poco por "
    "porque que quien se ser si sin sobre solo son su sus tal tan te ti todo tu tus un una "
    "uno usted ya yo".split()
)
