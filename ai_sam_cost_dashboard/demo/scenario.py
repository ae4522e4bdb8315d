"""What the demo company does with AI: who, what for, with which model, how much and how wastefully.

Figures are invented; prices are the catalogue's.
"""

from dataclasses import dataclass, field

#: key: (vendor, model) of the price catalogue, tier in the demo, quality prior
PROVIDERS = {
    "mini": ("openai", "gpt-5-mini", "efficient", 76),
    "flash": ("google", "gemini-2.5-flash", "efficient", 74),
    "haiku": ("anthropic", "claude-haiku-4-5", "standard", 82),
    "large": ("openai", "gpt-4.1", "standard", 85),
    "sonnet": ("anthropic", "claude-sonnet-4-5", "premium", 92),
}

#: Roles rather than people; with the administrator they are eight.
USERS = {
    "sales_north": "Demo Sales North",
    "sales_south": "Demo Sales South",
    "support_1": "Demo Support Days",
    "support_2": "Demo Support Evenings",
    "marketing": "Demo Marketing",
    "accounting": "Demo Accounting",
    "purchasing": "Demo Purchasing",
}
ADMIN = "admin"

#: Share of a weekday's calls, Monday first.
WEEK = (1.0, 1.1, 1.15, 1.05, 0.9, 0.12, 0.06)
#: Share of a day's calls by hour (UTC) from 6 o'clock.
HOURS = (1, 4, 8, 10, 9, 5, 6, 9, 9, 7, 4, 2, 1)
FIRST_HOUR = 6


@dataclass(frozen=True)
class Work:
    """A kind of call. ``calls`` a weekday today; ``growth`` is the share of that six months ago.

    ``waste``: share of wasteful calls by rule; ``switched``: share that smart routing took from
    the configured provider ``asked``; ``reuse``: share that a cache or pattern answered.
    """

    module: str
    context: str
    agent: str
    users: tuple
    provider: str
    calls: float
    input: int
    output: int
    growth: float = 0.6
    cached: float = 0.0
    reasoning: float = 0.0
    context_type: str = "selective"
    asked: str = ""
    switched: float = 0.0
    at_night: bool = False
    waste: dict = field(default_factory=dict)
    rating: tuple = (0.0, 0)
    complexity: float = 0.4
    questions: tuple = ()


WORK = (
    Work(
        module="crm",
        context="res.partner",
        agent="lead_scoring",
        users=("sales_north", "sales_south"),
        provider="mini",
        asked="large",
        switched=0.45,
        calls=9,
        input=4200,
        output=180,
        reasoning=1.2,
        growth=0.4,
        waste={"redundant_context": 0.06},
        rating=(0.08, 84),
        complexity=0.22,
        questions=("How likely is this lead to buy, and why?",),
    ),
    Work(
        module="sale",
        context="res.partner",
        agent="quote_writer",
        users=("sales_north", "sales_south"),
        provider="large",
        calls=5,
        input=14000,
        output=950,
        growth=0.7,
        waste={"oversized_context": 0.10},
        rating=(0.22, 88),
        complexity=0.55,
        questions=("Write a quotation letter for the products below.",),
    ),
    Work(
        module="helpdesk",
        context="res.partner",
        agent="support_reply",
        users=("support_1", "support_2"),
        provider="sonnet",
        calls=11,
        input=21000,
        output=520,
        cached=0.55,
        context_type="full",
        growth=0.5,
        waste={"unnecessary_history": 0.14, "redundant_context": 0.08, "duplicate_query": 0.04},
        rating=(0.25, 91),
        complexity=0.48,
        questions=(
            "Answer this customer's question on the delivery date.",
            "How do I reset my password?",
        ),
    ),
    Work(
        module="account",
        context="res.partner",
        agent="invoice_reader",
        users=("accounting",),
        provider="flash",
        calls=13,
        input=8200,
        output=420,
        growth=0.8,
        waste={"duplicate_query": 0.07},
        rating=(0.04, 80),
        complexity=0.25,
        questions=("Read vendor, date, lines and VAT out of this invoice.",),
    ),
    Work(
        module="mass_mailing",
        context="",
        agent="campaign_writer",
        users=("marketing",),
        provider="sonnet",
        calls=4,
        input=6800,
        output=2400,
        growth=0.35,
        waste={"wrong_model": 0.38},
        rating=(0.18, 90),
        complexity=0.35,
        questions=("Write three subject lines for our spring newsletter.",),
    ),
    Work(
        module="purchase",
        context="res.partner",
        agent="reorder_advisor",
        users=("purchasing",),
        provider="mini",
        calls=6,
        input=9000,
        output=260,
        reasoning=0.8,
        growth=0.9,
        at_night=True,
        complexity=0.3,
        questions=("Which of these products should be ordered this week?",),
    ),
    Work(
        module="ai_sam_cost_dashboard",
        context="",
        agent="ask_ai",
        users=(*USERS, ADMIN, ADMIN, ADMIN),
        provider="haiku",
        asked="large",
        switched=0.30,
        calls=8,
        input=1300,
        output=640,
        growth=0.3,
        context_type="minimal",
        waste={"wrong_model": 0.03},
        rating=(0.30, 83),
        complexity=0.38,
        questions=(
            "Draft a reminder for an invoice that is two weeks late.",
            "What is the difference between gross and net margin?",
        ),
    ),
)

#: An A/B test that ran some weeks and was decided: arm a is the small model, b the better one.
EXPERIMENT = "Product questions: is the small model good enough?"
EXPERIMENT_DAYS_AGO = range(70, 42, -1)
ARMS = {
    arm: Work(
        module="website",
        context="",
        agent="product_faq",
        users=users,
        provider=provider,
        calls=11,
        input=1900,
        output=240,
        rating=(1.0, good),
        complexity=0.45,
        questions=("Does this product fit my needs?",),
    )
    for arm, users, provider, good in (
        ("a", ("support_1", "sales_north"), "mini", 62),
        ("b", ("support_2", "sales_south"), "haiku", 90),
    )
}

#: An agent that ran in a loop for an afternoon, some days ago.
RUNAWAY = Work(
    module="crm",
    context="res.partner",
    agent="lead_researcher",
    users=("sales_south",),
    provider="sonnet",
    calls=95,
    input=11000,
    output=700,
    context_type="full",
    waste={"duplicate_query": 0.75},
    complexity=0.5,
    questions=("Find out everything about this company.",),
)
RUNAWAY_DAYS_AGO = 9

#: Share of the input that a kind of waste takes.
WASTED_SHARE = {
    "redundant_context": 0.35,
    "oversized_context": 0.45,
    "unnecessary_history": 0.4,
}
#: The cheaper model that would have done, and the quality that those calls need.
CHEAPER = "flash"
QUALITY_NEEDED = 60
