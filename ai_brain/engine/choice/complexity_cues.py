"""Words that tell what kind of work a prompt asks for, in several languages.

Each group is a string of cues separated by white space. ``word`` matches the whole word,
``stem*`` any word that begins so, ``*end`` one that ends so, ``two_words`` a phrase. Scripts
written without spaces (Chinese, Japanese, Korean, Thai) match anywhere. Nothing here has a weight:
those are fitted (``data/complexity_weights.json``).
"""

CUES = {
    # Work that has to be thought through: proof, derivation, diagnosis, weighing up.
    "reasoning": """
        prove proves proving proof derive deriv* justify justif* explain_why analy* evaluate assess
        critique critically compare contrast weigh_up trade-off trade-offs tradeoff* reason_about
        step_by_step think_through deduce infer conclude diagnos* root_cause investigat*
        pros_and_cons implication* strateg* reconcile synthesi* hypothes* disprove refute
        counterexample* what_would_happen optimi* recommend
        beweis* herleit* leite_her begründe* analysier*
        bewerte* vergleich* beurteil* abwäg* ursache*
        schritt_für_schritt schlussfolger* untersuch* auswirkung* widerleg*
        prouve* démontre* démonstration justifie* analyse* évalue* compare* étape_par_étape déduis*
        conséquence* stratégi* diagnosti* réfute*
        demuestr* demostra* justifi* analiza* evalúa* evalua* compara* paso_a_paso deduc*
        estrategi* estratégi*
        implicacion* dimostra* giustific* analizza* valuta* confronta* passo_dopo_passo
        prove_que demonstre* justifique* analise* avalie* compare_e passo_a_passo
        bewijs* rechtvaardig* analyseer* beoordeel* vergelijk* stap_voor_stap afweg*
        udowodni* uzasadni* przeanalizuj* porównaj* oceń* wyprowad* krok_po_kroku
        докаж* обоснуй* обосну* проанализ* сравни* оцени* выведи* пошагов* почему_именно
        kanıtla* gerekçe* analiz_et* karşılaştır* değerlendir* adım_adım
        أثبت برهن حلل قارن علّل
        证明 推导 分析 比较 评估 论证 一步一步 逐步 为什么会 権衡 证明题
        証明 導出 分析 比較 評価 論じ 段階的に 検討
        증명 분석 비교 평가 단계별 सिद्ध विश्लेषण तुलना
    """,
    # One right answer that has to be shown to be right.
    "proof": """
        prove proves proving proof derive show_that disprove refute counterexample* by_induction
        by_contradiction formally rigorous* deduce
        beweis* herleit* leite_her zeige,_dass widerleg* gegenbeispiel*
        prouve* prouver démontre* démonstration montre_que montrer_que déduis* contre-exemple
        demuestr* demostra* dimostra* dimostrare controesempio prove_que demonstre*
        bewijs* udowodni* wykaż* wyprowad* докаж* доказа* выведи* контрпример kanıtla* ispatla*
        أثبت برهن 证明 推导 反例 証明 導出 示せ 증명 보이시오 सिद्ध
    """,
    # Building something that has parts which must fit together.
    "design": """
        design microservi* service_boundar* event-driven architect* algorithm* implement* debug*
        refactor* schema* protocol* data_structure*
        time_complexity optimal efficient_algorithm edge_case* race_condition concurren* deadlock
        migrat* pipeline distributed recursi* dynamic_programming scalab* fault-tolerant
        contract_clause* draft_a_contract business_plan roadmap framework methodology
        entwirf* entwerfe* entwurf* gestalte* algorithmus implementier* architektur* datenstruktur*
        conçois concevez concevoir algorithme* implémente* architecture*
        diseñ* algoritm* implementa* arquitectura* progett* projete* ontwerp* zaprojektuj*
        спроектируй* алгоритм* реализуй* разработай* tasarla* صمم خوارزمية
        设计 算法 实现 架构 优化 設計 アルゴリズム 実装 最適化 설계 알고리즘 구현
    """,
    # Planning for the whole: counts where a plan is to be made, not where one is mentioned.
    "strategy": """
        strategy strategies strategic strategically business_plan* go-to-market market_entry
        roadmap turnaround restructur* digital_transformation long-term_plan* five-year_plan*
        three-year_plan* multi-year_plan*
        strategisch* strategie strategien strategieplan* geschäftsplan* businessplan*
        *strategie *strategien *jahresplan *jahrespläne *jahresplanung sanierungsplan*
        sanierungskonzept* transformationsplan* digitale_transformation
        markteintritt* neuausrichtung restrukturier*
        stratég* plan_d'affaires feuille_de_route business_plan restructur* redressement
        plan_à_long_terme transformation_numérique plan_quinquennal
        estrateg* estratég* plan_de_negocio* hoja_de_ruta reestructur* strategia* piano_industriale
        plan_a_largo_plazo transformación_digital plan_quinquenal
        estratégi* plano_de_negócios strategie* bedrijfsplan стратеги* бизнес-план* stratejik
        战略 策略 路线图 戦略 経営計画 전략 로드맵 استراتيجي रणनीति
    """,
    # A line or two are to be written: names, titles, invitations.
    "short_copy": """
        product_title* product_name* title_for a_title headline* slogan* tagline* subject_line*
        caption* hashtag* keyword* invitation* reminder* out-of-office
        produkttitel* produktname* titel_für überschrift* betreffzeile* schlagwort* schlagwörter
        stichwörter einladung* erinnerung* titre_de titre_pour titre_produit accroche
        objet_du_mail mots-clés invitation* rappel
        título_de título_para titular eslogan asunto_del palabras_clave invitación recordatorio
        titolo_per titolo_del invito título_do convite titel_voor tytuł nagłówek заголовок
        приглашение başlık davet عنوان دعوة 标题 题目 邀请 タイトル 件名 招待 제목 초대 शीर्षक
    """,
    # A plan or a text is to be made: not difficult by itself.
    "making": """
        plan plans planning develop create write define draft build design devise formulate
        outline work_out draw_up prepare propose set_up
        plan* *plan entwickle* entwickeln erstelle* erstellen erarbeite* erarbeiten schreibe*
        entwirf verfasse* verfassen brauche brauchen
        definiere* ausarbeit* formuliere*
        plan planification élabore* élaborer rédige* rédiger développe* développer crée créez créer
        définis définir conçois concevoir construis construire propose*
        plan planificación elabora* desarrolla* crea crear cree define definir redacta* diseña*
        formula* propon* propón piano sviluppa* crea* plano desenvolva* maak ontwikkel* opracuj*
        разработай* составь* план hazırla* oluştur* geliştir* 制定 计划 规划 策定 計画 수립 계획
        ضع خطة योजना
    """,
    # The work is to be done in full. Counts beside analysis, design and planning.
    "thorough": """
        comprehensive* in_detail detailed thorough* exhaustive* in-depth in_depth end-to-end
        holistic* systematic* umfassend* detailliert* im_detail ausführlich* gründlich* eingehend*
        ganzheitlich* tiefgehend* erschöpfend* exhaustif* exhaustiv* en_détail détaill* approfondi*
        en_profondeur de_manière_complète exhaustiv* en_detalle detallad* a_fondo en_profundidad
        minucios* approfondit* dettagliat* in_dettaglio detalhad* em_detalhe grondig* uitgebreid*
        szczegółow* kompleksow* подробно всесторонн* детальн* ayrıntılı kapsamlı بالتفصيل شامل
        全面 详细 深入 包括的 詳細 徹底的 상세 포괄적 विस्तार
    """,
    # A text that is long and has to hold together. Counts where it is to be thorough.
    "long_form": """
        white_paper* whitepaper* article* guide dissertation thesis treatise monograph manual
        fachartikel* fachbeitrag* fachaufsatz leitfaden handbuch* abhandlung*
        livre_blanc article_de_fond guide mémoire libro_blanco artículo* guía tesis
        libro_bianco articolo guida livro_branco artigo guia
    """,
    "maths": """
        theorem* lemma* equation* integral* integer* derivative* matrix matrices vector* polynomial*
        probabilit* prime primes logarithm* exponent* function_f variance standard_deviation
        regression eigenvalue* modulo converge* diverge* continuous differentiable isomorph*
        geometric arithmetic permutation* combination* triangle* perimeter hypotenuse radius
        diameter slope fraction* decimal* multiple_of divisible remainder quotient maximi* minimi*
        coefficient* median expected_value subset* finite infinite inequality
        gleichung* ableitung wahrscheinlichkeit* primzahl* satz_von matrix dreieck* ganze_zahl*
        équation* intégrale* dérivée probabilité* théorème nombre_premier matrice* entier
        ecuaci* derivada* probabilidad* teorema* número_primo matriz triángulo entero
        equazion* probabilità derivata triangolo equaç* probabilidade triângulo
        vergelijking* kans driehoek równani* prawdopodobieństw* trójkąt
        уравнен* вероятност* теорем* интеграл* производн* матриц* треугольник* простое_число
        denklem* olasılık üçgen معادلة احتمال تكامل
        方程 概率 定理 积分 导数 矩阵 整数 质数 素数
        三角形 方程式 確率 積分 微分 行列 방정식 확률 정리 적분
    """,
    # How quantities hang together: the steps of a word problem.
    "quantity": """
        each every per twice thrice half third quarter double triple times_as more_than less_than
        fewer remaining left_over altogether in_total total average percent rate ratio share
        how_many how_much how_long how_old how_far combined rest split equally
        jede* je pro doppelt halb* hälfte insgesamt prozent wie_viel* übrig restlich* verhältnis
        chaque double moitié tiers total pour_cent combien restant*
        cada doble mitad tercio total por_ciento cuánto* cuanto* restante*
        ogni doppio metà totale percento quanti quante quanto dobro metade quantos quantas
        elk* dubbel helft totaal procent hoeveel każd* połow* razem procent ile
        кажд* вдвое половин* всего процент* сколько остал* her yarısı toplam yüzde kaç
        كل نصف ضعف كم
        每 一半 两倍 总共 多少 剩 百分 半分 合計 いくつ 何個 残り 割合 절반 모두 얼마
    """,
    # Conditions that the answer has to meet at the same time.
    "constraint": """
        must shall should_not at_least at_most exactly no_more_than no_less_than without only
        unless provided_that given_that subject_to such_that ensure make_sure avoid do_not
        cannot required requirement* constraint* comply complian* within limit* maximum minimum
        simultaneously satisf* while_still whilst
        muss müssen mindestens höchstens genau ohne nur sofern vorausgesetzt unter_der_bedingung
        sicherstell* vermeide* darf dürfen anforderung* einhalt* innerhalb
        doit doivent au_moins au_plus exactement sans seulement sauf à_condition éviter
        respecter contrainte* limite*
        debe deben al_menos como_máximo exactamente sin solo salvo siempre_que evitar cumpl*
        restriccion* deve devono almeno al_massimo esattamente senza solo purché evitare
        deve_ser pelo_menos no_máximo exatamente sem apenas desde_que
        moet moeten minstens hoogstens precies zonder alleen mits
        musi muszą co_najmniej najwyżej dokładnie bez tylko pod_warunkiem
        должен должна должны не_менее не_более ровно без только при_условии
        en_az en_fazla tam_olarak olmadan sadece koşuluyla يجب على_الأقل بدون فقط بشرط
        必须 至少 最多 不超过 不得 只能 满足 条件 除非 必ず 以上 以下 以内 なければならない 条件
        반드시 최소 최대 조건 कम_से_कम बिना
    """,
    "conditional": """
        if then suppose assume assuming imagine consider whether given otherwise hypothetical* let
        wenn falls angenommen sei nehmen_wir_an ob
        si supposons soit supposé suponga* supón sea supponiamo suponha supondo
        als stel indien jeśli załóżmy niech если пусть предположим eğer varsayalım إذا لنفترض
        如果 假设 假定 设 若 もし 仮定 とする 만약 가정 यदि मान_लीजिए
    """,
    "negation": """
        not except false incorrect least never neither nor none inconsistent
        nicht kein keine keinen außer falsch niemals ne_pas sauf faux jamais aucun aucune
        no excepto falso nunca ninguno ninguna eccetto mai nessun não exceto
        niet geen behalve nie oprócz fałsz не кроме ложно никогда değil hariç ليس باستثناء
        不 除了 错误 不是 ない 以外 誤り 아닌 제외
    """,
    # Questions for causes, mechanisms and judgement rather than for a fact.
    "why_how": """
        why how_does how_do how_can how_would how_should how_might what_if under_what in_what_way
        to_what_extent warum weshalb wieso inwiefern wie_kann wie_könnte pourquoi comment_peut
        dans_quelle_mesure por_qué cómo_puede perché come_mai por_que waarom dlaczego почему
        neden nasıl_olur لماذا 为什么 为何 如何 なぜ どうして 왜 क्यों
    """,
    # Questions for one fact.
    "lookup": """
        who when where what_is what_are what's who_is name_the which_country which_city capital_of
        what_time what_does define definition_of meaning_of was_born opening_hours phone_number
        wer wann wo was_ist was_sind wie_heißt was_bedeutet hauptstadt definiere
        qui quand où qu'est-ce quel_est quelle_est capitale définis
        quién cuándo dónde qué_es cuál_es capital_de chi quando dove cos'è qual_è che_cos
        quem onde o_que_é qual_é wie wanneer waar wat_is kto kiedy gdzie co_to_jest
        кто когда где что_такое столица kim nerede nedir ne_zaman من متى أين ما_هو ما_هي
        谁 什么时候 哪里 是什么 什么是 几点 誰 いつ どこ
        とは何 何時 누구 언제 어디 무엇 कौन कब कहाँ क्या_है
    """,
    # Work on the surface of a given text.
    "rewrite": """
        translate translation rewrite rephrase paraphrase proofread spell* grammar shorten summari*
        tl;dr reformat capitali* tidy_up
        fix_the_typo* make_it_shorter polite friendlier bullet_points
        convert_to extract list_the classify label tag correct_the subject_line greeting_card
        übersetz* umformulier* korrigier* rechtschreibung kürze* zusammenfass* fasse freundlicher
        höflicher
        tradui* reformule* corrige* orthographe résume* raccourci* plus_poli
        traduc* reescrib* corrig* ortografía resum* acort* más_amable
        traduci riscriv* riassum* correggi traduza reescreva resuma
        vertaal herschrijf corrigeer samenvat* vat_samen przetłumacz popraw streść
        переведи* перепиши* исправь* сократи* çevir düzelt özetle ترجم لخص صحح
        翻译 改写 润色 总结 校对 缩写 翻訳 書き換え 要約 校正 訳して 번역 요약 교정 अनुवाद
    """,
    "chat": """
        hello hi hey thanks thank_you good_morning good_evening good_night bye goodbye ok okay yes
        yep cheers welcome how_are_you nice_to_meet see_you great cool sorry lol
        hallo danke guten_morgen guten_tag guten_abend tschüss servus moin wie_geht vielen_dank ja
        bonjour merci salut bonsoir au_revoir ça_va oui d'accord
        hola gracias buenos_días buenas adiós qué_tal vale ciao grazie buongiorno arrivederci
        olá oi obrigad* bom_dia tchau hoi dank dag tot_ziens cześć dzięki dziękuję dzień_dobry
        привет спасибо здравствуйте пока да merhaba teşekkür* selam günaydın مرحبا شكرا
        你好 谢谢 早上好 再见 您好 好的 こんにちは
        ありがとう おはよう さようなら 안녕 감사 नमस्ते धन्यवाद
    """,
    # Fields in which a wrong answer looks right to a layman.
    "expert": """
        statute* liabil* plaintiff defendant jurisdiction tort negligen* contract clause* indemni*
        constitution* court lawsuit warrant easement fiduciary gdpr tax deductib* accrual*
        amorti* depreciat* hedge derivative* valuation equity monetary fiscal elasticity audit ifrs
        diagnosis symptom* dose dosage pathogen* enzyme* receptor* protein* chromosome* syndrome
        thermodynamic* quantum velocity momentum voltage resistor* entropy equilibrium molar*
        oxidation kernel compiler cryptograph* encryption mutex hash
        haftung vertrag* klausel* gericht kündigungs* steuer* dsgvo rückstellung* bilanz*
        responsabilité contrat clause tribunal impôt fiscal bilan jurisprudence
        responsabilidad contrato cláusula* tribunal impuesto* fiscal responsabilità contratto
        clausola imposta aansprakelijk* contract belasting umow* odpowiedzialnoś* podatk*
        ответственност* договор* налог* суд иск sözleşme vergi hukuk* عقد ضريبة قانون
        合同 法律 责任 诉讼 税 条款 契約 法律 責任 税務 条項 계약 법률 세금 책임
    """,
    # A situation told before the question is asked.
    "logic": """
        statement argument premise* valid implies therefore hence thus conclusion follows_from
        consistent contradict* necessary sufficient consequently logically because although however
        therefore_the despite nevertheless
        folglich daher weil obwohl jedoch trotzdem also_gilt notwendig hinreichend widerspruch
        donc parce_que bien_que cependant néanmoins nécessaire suffisant contradiction
        por_lo_tanto porque aunque embargo necesario suficiente contradicción
        quindi perché_il sebbene tuttavia portanto embora porém dus omdat hoewel echter
        zatem ponieważ chociaż jednak следовательно потому хотя однако противореч*
        bu_nedenle çünkü rağmen لذلك لأن رغم
        因此 所以 因为 但是 虽然 矛盾 充分 必要 したがって なぜなら しかし 矛盾 따라서 때문에 그러나
    """,
}
