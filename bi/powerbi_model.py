"""The Power BI semantic model as TMDL: tables over the views of ``bi``, relationships, measures.

TMDL is Microsoft's text form of a tabular model: objects nest by tabs, a description stands behind ``///``.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from bi.columns import BiColumn, Columns

NAME = "Tandem"
COMPATIBILITY_LEVEL = 1567
TYPES = {"integer": "int64", "bigint": "int64", "date": "dateTime", "text": "string", "boolean": "boolean"}
LEVELS = ("Low", "Medium", "High", "(none)")


@dataclass(frozen=True)
class ModelMeasure:
    """A measure in DAX, on the table where it is listed."""

    name: str
    dax: str
    format: str
    about: str


@dataclass(frozen=True)
class Relationship:
    """Many rows of ``many`` to one of ``one``, each as (table, column); the one side filters the many."""

    many: tuple[str, str]
    one: tuple[str, str]


RENAMED = {("transaction_days", "fraud_status"): "is_fraud"}
"""Columns that the report knows by another name than the view."""

MEASURES = {
    "transaction_days": (
        ModelMeasure("Transactions", "SUM(transaction_days[transactions])", "#,0", "Number of transactions."),
        ModelMeasure("Amount", "SUM(transaction_days[amount])", "#,0.00", "Sum; filter one currency."),
        ModelMeasure(
            "Fraud rate",
            'DIVIDE(CALCULATE([Transactions], transaction_days[is_fraud] = "fraud"), '
            'CALCULATE([Transactions], transaction_days[is_fraud] <> "unlabelled"))',
            "0.00%",
            "Share of fraud in the transactions that a label has judged.",
        ),
    ),
    "application_days": (
        ModelMeasure("Applications", "SUM(application_days[applications])", "#,0", "Number of applications."),
        ModelMeasure(
            "Approval rate",
            'DIVIDE(CALCULATE([Applications], application_days[decision] = "approve"), [Applications])',
            "0.0%",
            "Share of the applications approved at once.",
        ),
        ModelMeasure("Approval target", "0.6", "0.0%", "What the gauge compares with; set your own."),
        ModelMeasure(
            "Mean score",
            "DIVIDE(SUM(application_days[credit_score_sum]), [Applications])",
            "0",
            "Mean bureau score.",
        ),
    ),
    "regional_fraud": (
        ModelMeasure(
            "Fraud by place", "SUM(regional_fraud[transactions_fraud])", "#,0", "Transactions known as fraud."
        ),
    ),
    "loan_book": (
        ModelMeasure("Loans", "SUM(loan_book[loans])", "#,0", "Number of loans."),
        ModelMeasure("Bad loans", "SUM(loan_book[loans_bad])", "#,0", "Ever 90 days past due."),
    ),
    "alerts_over_time": (
        ModelMeasure("Alerts", "SUM(alerts_over_time[alerts])", "#,0", "Number of alerts."),
    ),
}
TABLES = tuple(MEASURES)

LEVEL_TABLE, DATE_TABLE = "risk_levels", "dates"
RELATIONSHIPS = (
    Relationship(("transaction_days", "risk_level"), (LEVEL_TABLE, "risk_level")),
    Relationship(("application_days", "risk_level"), (LEVEL_TABLE, "risk_level")),
    Relationship(("loan_book", "risk_level"), (LEVEL_TABLE, "risk_level")),
    Relationship(("transaction_days", "transaction_date"), (DATE_TABLE, "date")),
    Relationship(("application_days", "application_date"), (DATE_TABLE, "date")),
    Relationship(("alerts_over_time", "event_date"), (DATE_TABLE, "date")),
)

_LEVELS_M = "#table(type table [risk_level = text, level_order = Int64.Type], {{{rows}}})"
_DATES_M = (
    "Table.FromColumns({List.Dates("
    "List.Min(transaction_days[transaction_date] & application_days[application_date]), "
    "1 + Duration.Days(List.Max(transaction_days[transaction_date] & application_days[application_date]) "
    "- List.Min(transaction_days[transaction_date] & application_days[application_date])), "
    "#duration(1, 0, 0, 0))}, type table [date = date])"
)


def tag(*names: str) -> str:
    """Return the id of an object, made from its names, so that writing the model again changes nothing."""
    return str(uuid5(NAMESPACE_URL, "/".join(("tandem", "powerbi", *names))))


def render_model(columns: Columns) -> dict[str, str]:
    """Return the files of the semantic model's definition: path to text."""
    files = {
        "database.tmdl": f"database {NAME}\n\tcompatibilityLevel: {COMPATIBILITY_LEVEL}\n",
        "model.tmdl": _model(),
        "expressions.tmdl": _expressions(),
        "relationships.tmdl": "\n".join(_relationship(entry) for entry in RELATIONSHIPS),
        f"tables/{LEVEL_TABLE}.tmdl": _made_table(
            LEVEL_TABLE, {"risk_level": "string", "level_order": "int64"}, _levels()
        ),
        f"tables/{DATE_TABLE}.tmdl": _made_table(DATE_TABLE, {"date": "dateTime"}, _DATES_M),
    }
    for view in TABLES:
        files[f"tables/{view}.tmdl"] = _view_table(view, columns[view])
    return files


def _model() -> str:
    lines = ["model Model", "\tculture: en-US", "\tdefaultPowerBIDataSourceVersion: powerBI_V3"]
    lines += ["\tsourceQueryCulture: en-US", ""]
    lines += [f"ref table {name}" for name in (LEVEL_TABLE, DATE_TABLE, *TABLES)]
    return "\n".join(lines) + "\n"


def _expressions() -> str:
    meta = 'meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]'
    values = {"Server": "localhost:5432", "Database": "tandem"}
    return "\n".join(
        f'expression {name} = "{value}" {meta}\n\tlineageTag: {tag("expression", name)}\n'
        for name, value in values.items()
    )


def _relationship(entry: Relationship) -> str:
    many, one = ".".join(entry.many), ".".join(entry.one)
    return f"relationship {tag(many, one)}\n\tfromColumn: {many}\n\ttoColumn: {one}\n"


def _levels() -> str:
    return _LEVELS_M.format(rows=", ".join(f'{{"{name}", {order}}}' for order, name in enumerate(LEVELS, 1)))


def _view_table(view: str, columns: tuple[BiColumn, ...]) -> str:
    lines = [f"table {view}", f"\tlineageTag: {tag(view)}", ""]
    for measure in MEASURES[view]:
        lines += [f"\t/// {measure.about}", f"\tmeasure '{measure.name}' = {measure.dax}"]
        lines += [f"\t\tformatString: {measure.format}", f"\t\tlineageTag: {tag(view, measure.name)}", ""]
    for column in columns:
        name = RENAMED.get((view, column.name), column.name)
        lines += _column(view, name, _type(column), column.name, column.comment)
    source = [
        "let",
        "    Source = PostgreSQL.Database(Server, Database),",
        f'    rows = Source{{[Schema = "bi", Item = "{view}"]}}[Data]',
        "in",
        "    rows",
    ]
    return "\n".join([*lines, *_partition(view, source)]) + "\n"


def _made_table(name: str, columns: dict[str, str], m: str) -> str:
    lines = [f"table {name}", f"\tlineageTag: {tag(name)}", ""]
    for column, kind in columns.items():
        lines += _column(name, column, kind, column, None)
    return "\n".join([*lines, *_partition(name, [m])]) + "\n"


def _column(table: str, name: str, kind: str, source: str, about: str | None) -> list[str]:
    lines = [f"\t/// {about}"] if about else []
    lines += [f"\tcolumn {name}", f"\t\tdataType: {kind}"]
    lines += ["\t\tformatString: yyyy-mm-dd"] if kind == "dateTime" else []
    lines += ["\t\tisKey"] if (table, name) in {entry.one for entry in RELATIONSHIPS} else []
    lines += [
        f"\t\tlineageTag: {tag(table, name)}",
        "\t\tsummarizeBy: none",
        f"\t\tsourceColumn: {source}",
        "",
    ]
    return lines


def _partition(table: str, source: list[str]) -> list[str]:
    return [
        f"\tpartition {table} = m",
        "\t\tmode: import",
        "\t\tsource =",
        *(f"\t\t\t\t{line}" for line in source),
    ]


def _type(column: BiColumn) -> str:
    return "decimal" if column.type.startswith("numeric") else TYPES[column.type]
