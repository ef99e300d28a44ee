"""What Northpeak sells, says and counts by: segments with their weights, products, content."""

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True)
class Dimension:
    """Hold the values of a segment column.

    Attributes:
        values: The values.
        weights: How often each occurs.
        quality: Shift of a lead's latent quality.
        accept: Shift of the log odds that sales accepts the lead.
        later: Shift of the log odds of each later stage.
    """

    values: tuple[str, ...]
    weights: tuple[float, ...]
    quality: tuple[float, ...]
    accept: tuple[float, ...]
    later: tuple[float, ...]


def _dimension(**rows: tuple[float, float, float, float]) -> Dimension:
    columns = tuple(zip(*rows.values(), strict=True))
    names = tuple(name.replace("__", " / ").replace("_", " ") for name in rows)
    return Dimension(names, *columns)


DIMENSIONS: Final = {
    "lead_source": _dimension(
        Webinar=(0.15, 0.1, 0.1, 0.05),
        Website=(0.17, 0.2, 0.25, 0.1),
        Paid_Search=(0.14, 0.0, 0.0, 0.0),
        Content_Syndication=(0.08, -0.4, -0.75, -0.3),
        Trade_Show=(0.12, -0.1, -0.15, 0.0),
        Partner_Referral=(0.08, 0.45, 0.45, 0.35),
        Outbound=(0.15, -0.15, -0.1, -0.1),
        Product_Trial=(0.11, 0.3, 0.35, 0.3),
    ),
    "region": _dimension(
        North_America=(0.43, 0.0, 0.05, 0.05),
        EMEA=(0.33, 0.0, 0.0, 0.0),
        APAC=(0.16, 0.0, -0.05, 0.0),
        LATAM=(0.08, -0.05, -0.15, -0.15),
    ),
    "industry": _dimension(
        Software=(0.22, 0.1, 0.1, 0.1),
        Manufacturing=(0.17, 0.0, 0.0, 0.05),
        Healthcare=(0.15, 0.0, 0.0, 0.0),
        Financial_Services=(0.14, 0.05, 0.05, 0.0),
        Retail=(0.12, -0.05, 0.0, -0.05),
        Professional_Services=(0.09, 0.0, 0.0, 0.05),
        Logistics=(0.07, 0.0, 0.0, 0.0),
        Education=(0.04, -0.2, -0.15, -0.25),
    ),
    "size_band": Dimension(
        ("1-50", "51-200", "201-1000", "1001-5000", "5000+"),
        (0.24, 0.3, 0.26, 0.13, 0.07),
        (-0.15, 0.0, 0.1, 0.1, 0.05),
        (-0.2, 0.0, 0.1, 0.1, 0.05),
        (-0.1, 0.05, 0.05, 0.0, -0.1),
    ),
    "persona": _dimension(
        Operations_Leader=(0.24, 0.3, 0.25, 0.2),
        IT_Manager=(0.2, 0.1, 0.05, 0.05),
        Finance_Leader=(0.11, 0.05, 0.05, 0.0),
        Executive=(0.08, 0.15, 0.2, 0.1),
        End_User=(0.26, -0.15, -0.2, -0.2),
        Consultant=(0.05, -0.4, -0.4, -0.4),
        Student__Researcher=(0.06, -0.8, -0.7, -0.9),
    ),
    "product_line": _dimension(
        Flow_Core=(0.5, 0.0, 0.0, 0.0),
        Flow_Automate=(0.32, 0.0, 0.0, 0.05),
        Flow_Insights=(0.18, 0.0, 0.0, -0.05),
    ),
}

# Leads that did something on our side first; the others are lists that somebody works through.
INBOUND: Final = ("Webinar", "Website", "Paid Search", "Content Syndication", "Product Trial")

COUNTRIES: Final = {
    "North America": (("United States", "Canada"), (0.84, 0.16), (-6, -5)),
    "EMEA": (
        ("United Kingdom", "Germany", "France", "Netherlands", "Spain", "Sweden", "South Africa"),
        (0.27, 0.25, 0.16, 0.11, 0.1, 0.07, 0.04),
        (0, 1, 1, 1, 1, 1, 2),
    ),
    "APAC": (("Australia", "Japan", "India", "Singapore"), (0.32, 0.26, 0.27, 0.15), (10, 9, 5, 8)),
    "LATAM": (("Brazil", "Mexico", "Colombia"), (0.5, 0.34, 0.16), (-3, -6, -5)),
}

EMPLOYEES: Final = np.array([[5, 50], [51, 200], [201, 1000], [1001, 5000], [5001, 40000]])
AMOUNTS: Final = np.array([6_500.0, 14_000.0, 31_000.0, 72_000.0, 140_000.0])  # median by size
PRODUCTS: Final = (
    ("Flow Core Team", "Flow Core", 4_800.0),
    ("Flow Core Business", "Flow Core", 14_400.0),
    ("Flow Automate", "Flow Automate", 21_600.0),
    ("Flow Automate Enterprise", "Flow Automate", 54_000.0),
    ("Flow Insights", "Flow Insights", 12_000.0),
)

# id, title, format, stage it serves
CONTENT: Final = (
    ("roi-calculator-workflow", "Workflow ROI calculator", "calculator", "sql"),
    ("buyers-guide-workflow-automation", "Buyer's guide to workflow automation", "guide", "mql"),
    ("security-whitepaper", "Security white paper", "white paper", "opportunity"),
    ("soc2-overview", "SOC 2 overview", "one-pager", "opportunity"),
    ("case-study-manufacturing-helix", "Case study: Helix", "case study", "accepted"),
    ("case-study-healthcare-brightwell", "Case study: Brightwell", "case study", "accepted"),
    ("case-study-finserv-arden", "Case study: Arden", "case study", "accepted"),
    ("case-study-retail-marlow", "Case study: Marlow", "case study", "accepted"),
    ("case-study-software-quillon", "Case study: Quillon", "case study", "accepted"),
    ("implementation-plan-30-days", "The 30-day implementation plan", "plan", "opportunity"),
    ("integration-guide-salesforce", "Salesforce integration guide", "guide", "sql"),
    ("integration-guide-slack", "Slack integration guide", "guide", "sql"),
    ("webinar-scaling-approvals", "Webinar: scaling approvals", "webinar", "inquiry"),
    ("webinar-ops-benchmarks", "Webinar: operations benchmarks", "webinar", "inquiry"),
    ("pricing-explained", "Pricing explained", "one-pager", "sql"),
    ("comparison-vs-spreadsheets", "Workflows vs. spreadsheets", "comparison", "mql"),
    ("executive-brief-cost-of-delay", "Executive brief: the cost of delay", "brief", "accepted"),
    ("product-tour-video", "Product tour", "video", "inquiry"),
    ("champion-kit", "Champion kit", "kit", "opportunity"),
    ("renewal-value-review", "Renewal value review", "template", "won"),
)
CONTENT_IDS: Final = tuple(piece[0] for piece in CONTENT)

# Which case study the nurture of an industry uses.
CASE_STUDY: Final = {
    "Manufacturing": "case-study-manufacturing-helix",
    "Healthcare": "case-study-healthcare-brightwell",
    "Financial Services": "case-study-finserv-arden",
    "Retail": "case-study-retail-marlow",
    "Software": "case-study-software-quillon",
}
