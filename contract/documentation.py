"""Renders the reference pages of events and settings from their definitions.

``python -m contract.documentation`` rewrites ``docs/events.md`` and
``docs/settings.md``; a test fails when they are out of step.
"""

from __future__ import annotations

from pathlib import Path

from contract.events import Contract, Field, Reason, load_contract
from contract.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"

REASONS: dict[Reason, str] = {
    Reason.TOO_LARGE: "over 65,536 bytes, or nested deeper than 32 levels",
    Reason.NOT_JSON: (
        "no value (a tombstone), empty, not UTF-8, a byte order mark, not RFC 8259 JSON "
        "(NaN, Infinity, trailing text), a lone surrogate, or a name twice in one object"
    ),
    Reason.NOT_AN_OBJECT: "JSON, but `null`, a list, a number, text, `true` or `false`",
    Reason.UNKNOWN_EVENT_TYPE: "`event_type` absent, not text, or not one of the five",
    Reason.MISSING_FIELD: "a required field absent or null",
    Reason.WRONG_TYPE: "a number as text, a fraction or an exponent where a whole number is due, 1 for true",
    Reason.OUT_OF_RANGE: (
        "outside its limits; text that is empty, too long, with a control character or not on its list"
    ),
    Reason.CARD_NUMBER: "a text field holds 13 to 19 digits with an issuer's prefix that pass the Luhn check",
    Reason.FUTURE_EVENT_TIME: "`event_time_ms` more than 5 minutes after the broker's append time",
    Reason.CONFLICTING_DUPLICATE: "a known `event_id` with another content",
}


def render_events(contract: Contract) -> str:
    """The page of event types, fields, limits and quarantine reasons, as Markdown."""
    lines = [
        "# Events",
        "",
        "One JSON object (RFC 8259, UTF-8) a message on the topic, keyed by `user_id`.",
        "Unknown fields are ignored and not kept. An optional field may be absent or null.",
        "Money is whole minor units of the currency; times are milliseconds since the Unix epoch, UTC.",
        "The definition is [`contract/risk_events.json`](../contract/risk_events.json);",
        "the JSON Schema made from it is",
        "[`contract/risk_events.schema.json`](../contract/risk_events.schema.json).",
        "This page is written by `python -m contract.documentation`.",
    ]
    for event_type in contract.event_types.values():
        lines += ["", f"## `{event_type.name}`", "", event_type.doc, ""]
        lines += ["| field | type | required | limits | what it is |", "|---|---|---|---|---|"]
        lines += [_field_row(field) for field in event_type.fields]
    lines += ["", "## Quarantine reasons", "", "The first that applies, from the top.", ""]
    lines += ["| reason | when |", "|---|---|"]
    lines += [f"| `{reason}` | {REASONS[reason]} |" for reason in Reason]
    return "\n".join(lines) + "\n"


def render_settings() -> str:
    """The page of environment variables, as Markdown."""
    lines = [
        "# Settings",
        "",
        "Read once, from the environment. `make up` writes those of the embedded stack into `.stack/env`;",
        "set from outside, they point Tandem at your own servers, and nothing embedded is started for them.",
        "This page is written by `python -m contract.documentation`.",
        "",
        "| variable | default | what it is |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default is not None else ""
        lines.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def write_pages(folder: Path = DOCS) -> None:
    """Write both pages into ``folder``."""
    (folder / "events.md").write_text(render_events(load_contract()), encoding="utf-8")
    (folder / "settings.md").write_text(render_settings(), encoding="utf-8")


def _field_row(field: Field) -> str:
    required = "yes" if field.required else "no"
    return f"| `{field.name}` | {field.type} | {required} | {_limits(field)} | {field.doc} |"


def _limits(field: Field) -> str:
    if field.one_of:
        return ", ".join(f"`{value}`" for value in field.one_of)
    if field.format:
        shape = {"currency": "three capital letters", "country": "two capital letters"}[field.format]
        return f"{shape}, `{field.default}` where absent" if field.default else shape
    if field.max_length:
        return f"1 to {field.max_length} code points"
    if field.min is not None and field.max is not None:
        return f"{field.min:,} to {field.max:,}"
    return ""


if __name__ == "__main__":
    write_pages()
