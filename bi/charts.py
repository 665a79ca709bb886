"""The charts of the dashboard: which view each one reads, what it measures, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["pie", "bars", "lines", "funnel", "map", "heat", "table", "number"]


@dataclass(frozen=True)
class Measure:
    """A figure over the rows of a view: an aggregate in SQL, with the name that the chart shows."""

    label: str
    sql: str


@dataclass(frozen=True)
class Chart:
    """One chart: ``x`` runs along the axis (or is the first dimension), ``by`` splits it."""

    title: str
    about: str
    view: str
    kind: Kind
    measures: tuple[Measure, ...]
    x: str | None = None
    by: tuple[str, ...] = ()
    number_format: str = "SMART_NUMBER"
    options: dict[str, Any] = field(default_factory=dict)


def query_of(chart: Chart) -> str:
    """Return the SQL of what a chart shows: its measures by its dimensions."""
    dimensions = [*([chart.x] if chart.x else []), *chart.by]
    selected = [*dimensions, *(f'{measure.sql} AS "{measure.label}"' for measure in chart.measures)]
    grouped = f" GROUP BY {', '.join(dimensions)}" if dimensions else ""
    return f"SELECT {', '.join(selected)} FROM bi.{chart.view}{grouped}"  # noqa: S608 - names and expressions of this file


APPLICATIONS = Measure("Applications", "SUM(applications)")
TRANSACTIONS = Measure("Transactions", "SUM(transactions)")
FRAUDS = Measure("Transactions known as fraud", "SUM(transactions_fraud)")
BAD_RATE = Measure("Bad rate", "SUM(loans_bad)::numeric / SUM(loans)")
AGREEMENT = Measure("Agreement", "SUM(confirmed)::numeric / SUM(alerts_judged)")
SCORE = Measure("Mean score", "SUM(credit_score_mean * applications) / SUM(applications)")

CHARTS = (
    Chart(
        "Transactions",
        "All accepted transactions.",
        "transaction_days",
        "number",
        (TRANSACTIONS,),
    ),
    Chart(
        "Loan distribution by risk",
        "Applications by risk level.",
        "loan_distribution",
        "pie",
        (APPLICATIONS,),
        by=("risk_level",),
    ),
    Chart(
        "Fraud against normal",
        "Transactions by the label in force; most are not labelled yet.",
        "fraud_against_normal",
        "pie",
        (TRANSACTIONS,),
        by=("fraud_status",),
    ),
    Chart(
        "Approval funnel",
        "How far applications come.",
        "approval_funnel",
        "funnel",
        (APPLICATIONS,),
        by=("stage",),
    ),
    Chart(
        "Loan amounts by risk",
        "Applications by band of the amount asked for; the axis shows the lower end.",
        "loan_distribution",
        "bars",
        (APPLICATIONS,),
        x="loan_amount_from",
        by=("risk_level",),
        options={"xAxisForceCategorical": True},
    ),
    Chart(
        "Fraud alerts over time by rule",
        "Alerts by the day of their event.",
        "alerts_over_time",
        "bars",
        (Measure("Alerts", "SUM(alerts)"),),
        x="event_date",
        by=("rule_id",),
    ),
    Chart(
        "Decisions by region",
        "Share of the applications approved at once, and rejected.",
        "decision_rates_by_region",
        "bars",
        (
            Measure("Approved", "SUM(approved)::numeric / SUM(applications)"),
            Measure("Rejected", "SUM(rejected)::numeric / SUM(applications)"),
        ),
        x="region",
        number_format=".0%",
        options={"row_limit": 25, "stack": None},
    ),
    Chart(
        "Average score",
        "Mean bureau score of the day's applications.",
        "average_score",
        "lines",
        (SCORE,),
        x="application_date",
        number_format=",.0f",
        options={"y_axis_bounds": [300, 850], "truncateYAxis": True},
    ),
    Chart(
        "Amounts over time",
        "Sum of the day's transactions, each currency in its own units.",
        "amounts_over_time",
        "lines",
        (Measure("Amount", "SUM(amount)"),),
        x="transaction_date",
        by=("currency",),
    ),
    Chart(
        "Regional fraud",
        "Transactions known as fraud, by country of the purchase.",
        "regional_fraud",
        "map",
        (FRAUDS,),
        x="country",
    ),
    Chart(
        "Fraud by city",
        "Where fraud is known, and its share of the transactions.",
        "regional_fraud",
        "table",
        (Measure("Share", "SUM(transactions_fraud)::numeric / SUM(transactions)"), FRAUDS),
        by=("country", "city"),
        options={"column_config": {"Share": {"d3NumberFormat": ".2%"}}},
    ),
    Chart(
        "Vintage curves",
        "Share of each month's loans that were ever 90 days past due, by age in months.",
        "vintage_curves",
        "lines",
        (BAD_RATE,),
        x="months_since_issue",
        by=("cohort_month",),
        number_format=".2%",
        options={"xAxisForceCategorical": True},
    ),
    Chart(
        "Delinquency roll",
        "Loans by band at the end of a month and of the next.",
        "delinquency_roll_rates",
        "heat",
        (Measure("Loans", "SUM(loans)"),),
        x="to_delinquency",
        by=("from_delinquency",),
    ),
    Chart(
        "Loan book",
        "Loans by the band of their latest payment.",
        "loan_book",
        "pie",
        (Measure("Loans", "SUM(loans)"),),
        by=("delinquency",),
    ),
    Chart(
        "Data quality over time",
        "Messages that were not accepted, by the day of landing and outcome.",
        "data_quality_over_time",
        "bars",
        (Measure("Messages", "SUM(messages) FILTER (WHERE outcome <> 'accepted')"),),
        x="landed_date",
        by=("outcome",),
    ),
    Chart(
        "Agreement of the layers",
        "Share of the judged alerts that stream and batch both raised.",
        "layer_agreement",
        "lines",
        (AGREEMENT,),
        x="event_date",
        by=("rule_id",),
        number_format=".1%",
    ),
)
