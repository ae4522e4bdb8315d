"""What the demo company asks again and again, and whom: calls that are really made."""

from dataclasses import dataclass

#: So many days ago the company switched its agents' patterns and kept answers on.
DAYS = 75

#: Fields of the agents from then on.
AGENTS = {
    "support_reply": {
        "reuse": "same_question",
        "reuse_scope": "company",
        "reuse_ttl_h": 14 * 24,
        "reuse_check_share": 2.0,
        "review_share": 20.0,
    },
    "lead_scoring": {"reuse": "exact", "reuse_scope": "company", "reuse_ttl_h": 7 * 24},
    "ask_ai": {"reuse": "same_question", "reuse_scope": "company", "reuse_ttl_h": 7 * 24},
    "product_faq": {
        "reuse": "same_question",
        "reuse_scope": "company",
        "reuse_ttl_h": 14 * 24,
        # as many as it takes to show the saving with the few calls of a demo
        "holdout_share": 30,
    },
}
#: Agents that list the shipped patterns.
WITH_PATTERNS = ("support_reply", "ask_ai", "product_faq")


@dataclass(frozen=True)
class Desk:
    """An agent, who asks it and what; of the ways to ask a question each may come."""

    agent: str
    provider: str
    module: str
    users: tuple
    a_day: float  # questions that come again
    handbook: str
    questions: tuple
    greeted: float = 0.0  # greetings and thanks a day
    greetings: tuple = ()
    at_once: float = 0.0  # a day, of what two ask at the same time
    news: tuple = ()
    own: float = 0.0  # a day, of what one visitor asks and nobody else
    of_own: tuple = ()
    each_apart: bool = False  # every question is a conversation of its own


def _handbook(title, subjects, rules):
    """A system prompt as long as those that companies really send along."""
    lines = [f"{title}\n"]
    for number, subject in enumerate(subjects, 1):
        lines.append(f"## {number}. {subject}")
        lines += [
            f"{number}.{at} {rule.format(subject=subject.lower(), days=2 + (number * at) % 9)}"
            for at, rule in enumerate(rules, 1)
        ]
    return "\n".join(lines)


_SUPPORT = _handbook(
    "You answer customers of an office furniture shop. Keep to this handbook.",
    (
        "Desks",
        "Chairs",
        "Lamps",
        "Cabinets",
        "Screens",
        "Carpets",
        "Cables",
        "Whiteboards",
        "Spare parts",
        "Assembly",
        "Gift cards",
        "Samples",
    ),
    (
        "An order of {subject} that is in stock leaves the warehouse within {days} days.",
        "Whoever returns {subject} has {days} weeks for it and pays no postage.",
        "What arrived broken is sent again; a photo of {subject} and of the parcel is enough.",
        "The warranty for {subject} is {days} years and begins on the day of delivery.",
        "An invoice for {subject} is due {days} days after delivery; a reminder costs nothing.",
        "Offices that order more than {days} pieces ask the sales team for a price.",
        "Questions on {subject} that this chapter does not answer go to a colleague.",
    ),
)
_SALES = _handbook(
    "You judge leads of an office furniture shop from 0 to 100. These are the rules.",
    ("Schools", "Law firms", "Agencies", "Start-ups", "Public offices", "Medical practices"),
    (
        "{subject} with more than {days} rooms to furnish start at 60 points.",
        "A budget that was named brings {subject} {days} points.",
        "{subject} that asked for a visit within {days} weeks get 20 points more.",
        "Without a telephone number {subject} stay below 50 points.",
    ),
)
_PRODUCTS = _handbook(
    "You answer visitors of the web shop of an office furniture maker. These are the facts.",
    ("Desks", "Chairs", "Lamps", "Cabinets", "Screens", "Carpets"),
    (
        "{subject} are made within {days} days and come assembled.",
        "The surface of {subject} can be chosen from {days} colours at no extra cost.",
        "Spare parts for {subject} are kept for {days} years.",
        "{subject} can be tried in the show room, {days} days a week.",
    ),
)

DESKS = (
    Desk(
        agent="support_reply",
        provider="sonnet",
        module="helpdesk",
        users=("support_1", "support_2"),
        a_day=2.6,
        handbook=_SUPPORT,
        questions=(
            (
                "How do I reset my password?",
                "How can I reset my password?",
                "Hi, how do I reset my password? Thanks!",
                "how to reset my password",
            ),
            (
                "How do I return a chair?",
                "how can I return a chair?",
                "Hello, how do I return chairs?",
            ),
            (
                "What is the warranty for a desk?",
                "What's the warranty for desks?",
                "Could you please tell me what is the warranty for a desk?",
            ),
            ("How do I change the delivery address?", "How can we change a delivery address?"),
            ("Do you send samples of carpets?",),
            ("How do I pay by invoice?", "What is the best way to pay by invoice?"),
        ),
        greeted=0.9,
        greetings=("Good morning", "Hello", "Thanks!", "ok", "Hi there", "Good evening"),
        at_once=0.3,
        news=(
            "What do we tell customers about the late parcels of {day}?",
            "Which orders does the recall of {day} concern?",
        ),
    ),
    Desk(
        agent="lead_scoring",
        provider="large",
        module="crm",
        users=("sales_north", "sales_south"),
        a_day=0.9,
        handbook=_SALES,
        questions=(
            ("How many points do public offices start at?",),
            ("How many points is a named budget worth?",),
        ),
        at_once=0.12,
        news=("How many points does the fair of {day} bring?",),
    ),
    Desk(
        agent="ask_ai",
        provider="haiku",
        module="ai_sam_cost_dashboard",
        users=("marketing", "accounting", "purchasing"),
        a_day=0.8,
        handbook="",
        questions=(
            (
                "What is the difference between gross and net margin?",
                "What's the difference between net and gross margin?",
            ),
            ("How do I word a friendly payment reminder?", "How to word a friendly reminder?"),
        ),
        greeted=0.5,
        greetings=("Good morning", "Hi", "Thank you", "Good afternoon"),
    ),
    Desk(
        agent="product_faq",
        provider="haiku",
        module="website",
        users=("support_1", "support_2", "marketing"),
        a_day=2.6,
        handbook=_PRODUCTS,
        questions=(
            ("Do the desks come assembled?", "Hello, do the desks come assembled?"),
            ("How do I clean a carpet?", "how can I clean carpets?"),
            ("Is there a show room?",),
            ("What is the warranty for a lamp?", "What's the warranty for lamps?"),
        ),
        greeted=0.4,
        greetings=("Hello", "Good morning", "Thanks!"),
        own=2.6,
        of_own=(
            "Does desk model {number} fit a room of 12 square metres?",
            "Which lamp goes with cabinet {number}?",
            "Is chair {number} good for somebody of 1.90 metres?",
        ),
        each_apart=True,
    ),
)
