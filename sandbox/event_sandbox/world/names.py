"""The words that invented things are made of."""

from event_sandbox.world.model import PollType

FIRST_NAMES = (
    "Amélie", "Anders", "Beatriz", "Björn", "Chloé", "Daniel", "Đorđe", "Elena", "Emre", "Fatima",
    "François", "Grace", "Håkon", "Ines", "Ivana", "Jonas", "José", "Katarzyna", "Kenji", "Lena",
    "Łukasz", "Maya", "Miguel", "Nadia", "Noah", "Olga", "Øyvind", "Priya", "Quentin", "Rosa",
    "Sören", "Tamara", "Uwe", "Věra", "William", "Xiomara", "Yuki", "Zoë", "明", "Айгуль",
)  # fmt: skip

LAST_NAMES = (
    "Andersson", "Bakker", "Brontë", "Castillo", "D'Angelo", "Dvořák", "Eriksen", "Fischer",
    "García Márquez", "Haddad", "Ibrahim", "Jørgensen", "Kowalczyk", "Lindqvist", "Müller",
    "Nakamura", "Nguyễn", "O'Brien", "Öztürk", "Peña", "Quispe", "Rossi", "Şahin", "Smith",
    "Tanaka", "Ueda", "van der Berg", "Weiß", "Yildiz", "Zieliński", "Żak", "李",
)  # fmt: skip

COMPANIES = (
    "Alder & Finch", "Bluewater Audit", "Cobalt Logistics", "Dunmore Tax", "Evergreen Legal",
    "Fjordlys AS", "Granite Partners", "Holzweg GmbH", "Indigo Health", "Juniper Foods",
)  # fmt: skip

MAIL_DOMAINS = ("example.com", "example.org", "example.net")

REGIONS = ("North", "South", "East", "West", "Île-de-France", "Overseas")

ROOMS = ("Ballroom A", "Ballroom B", "Superior Room", "Room 101", "Salle Érable", "Garden Hall")

TITLES = (
    "Opening Keynote", "Ethics Update", "Tax Roundtable", "Audit Workshop", "Data Clinic",
    "Fireside Chat", "Member Forum", "Practice Lab",
)  # fmt: skip

SUBJECTS = (
    "New Rules, Old Habits", "Lessons from the Field", "What Changed This Year", "Café Controlling",
    "Numbers People Trust", "Risk in Plain Words", "From Paper to Process", "Tools That Last",
    "Small Firms, Big Clients", "Questions You Bring",
)  # fmt: skip

FIELDS_OF_STUDY = ("Accounting", "Taxes", "Ethics", "Auditing", "Information Technology")

CODEWORDS = ("amber", "birch", "comet", "delta", "ember", "fable", "grove", "heron")

OBJECTIVES = (
    "Recognise the three most common mistakes",
    "Apply the checklist to a case of one's own",
    "Explain the rule to a client “in one sentence”",
    "Choose between the two methods",
)

POLLS: tuple[tuple[PollType, str], ...] = (
    ("multiple_choice", "Which topic should we go deeper into?"),
    ("multiple_choice", "Have you used the new form yet?"),
    ("multiple_answer", "Which of these apply to your firm?"),
    ("rating", "How confident do you feel, from 1 to 5?"),
    ("open_ended", "What is the one thing you will change?"),
)

CHOICES = ("Yes", "No", "Not sure", "Only the basics", "Tout à fait", "1,000 or more")

OPEN_ANSWERS = (
    "More examples, please",
    'The "second" method',
    "Nothing yet\nbut ask me again",
    "Übung macht den Meister",
    "42",
)

QUESTIONS = (
    "Will the slides be shared?",
    "Does this apply outside the US?",
    "Könnten Sie das Beispiel wiederholen?",
    "What if the client says no? 🙂",
    "Is there a template?",
)

ROLES = ("Auditor", "Partner", "Controller", "Tax Adviser", "Étudiante", "Head of Finance")

CITIES = ("Lyon", "Oslo", "Pune", "Łódź", "Austin", "São Paulo", "")

COUNTRIES = ("France", "Norway", "India", "Poland", "United States", "Brasil")

NOTES = ("arrived late", "badge reprinted", "left early; see e-mail", "élève accompagnée")

GRADES = (
    (5, "5 - Great"),
    (4, "4 - Good"),
    (3, "3 - Fair"),
    (2, "2 - Poor"),
    (4.5, "4.5 - Very good"),
)
