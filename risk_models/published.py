"""Models in the warehouse: what is in force there is what the batch scores with.

The batch reads only the warehouse: a registry that is away, or was lost, changes no score. What a document
needs, pandas before all, takes two seconds to import: a run without a model does without.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from risk_models.digest import sha256
from risk_models.errors import ModelError, RegistryError
from storage.postgres import Connection, Cursor, transaction

if TYPE_CHECKING:
    from risk_models.document import ModelDocument, Registered
    from risk_models.promotion import Verdict

APPLICATIONS_MODEL = "applications"
"""Name of the model that scores the applications of the topic."""
FRAUD_MODEL = "handbook_fraud"
"""Name of the model that scores transactions."""

_IN_FORCE_SQL = """
SELECT promotion.model_version, model.document, model.document_sha256
FROM warehouse.risk_model_promotions AS promotion
LEFT JOIN warehouse.risk_models AS model USING (model_name, model_version)
WHERE promotion.model_name = %s ORDER BY promotion.promotion_number DESC LIMIT 1
"""
_PUBLISH_SQL = """
INSERT INTO warehouse.risk_models
    (model_name, model_version, kind, document, document_sha256, data_hash, code_version, figures)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_PROMOTE_SQL = """
INSERT INTO warehouse.risk_model_promotions
    (model_name, model_version, confidence, auc_difference, standard_error, held_out_rows, verdict)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class ModelInForce:
    """The model that a run scores with; without a document ``note`` says why the policy decides alone."""

    name: str
    version: int | None
    document: ModelDocument | None
    text: str = ""
    note: str | None = None


def publish(connection: Connection, registered: Registered, verdict: Verdict) -> None:
    """Put a version in force, for the batch to score with.

    Raises:
        RegistryError: the warehouse has this version with another document.
    """
    document, digest = registered.document, sha256(registered.text)
    key = (registered.name, registered.version)
    training = document.training
    with transaction(connection) as cursor:
        described = (document.kind, registered.text, digest, training.data_hash, training.code_version)
        cursor.execute(_PUBLISH_SQL, (*key, *described, json.dumps(document.figures)))
        cursor.execute(
            "SELECT document_sha256 FROM warehouse.risk_models WHERE (model_name, model_version) = (%s, %s)",
            key,
        )
        if cursor.fetchone() != (digest,):
            raise RegistryError(
                f"{registered.name} version {registered.version}: the warehouse has another document under "
                "this number, from another registry: register the model again until the number is new"
            )
        figures = (verdict.confidence, verdict.difference, verdict.standard_error, verdict.rows)
        cursor.execute(_PROMOTE_SQL, (*key, *figures, verdict.why))


def retire(connection: Connection, name: str, why: str) -> None:
    """Put no version in force: the policy decides alone from now on."""
    with transaction(connection) as cursor:
        cursor.execute(_PROMOTE_SQL, (name, None, None, None, None, None, why))


def read_in_force(connection: Connection, name: str) -> ModelInForce:
    """Return the version in force; where there is none, or it can't be read, why."""
    with transaction(connection) as cursor:
        row = _newest(cursor, name)
    if row is None:
        return ModelInForce(name, None, None, note=f"no version of the model {name} is in force")
    version, text, digest = row
    if sha256(text) != digest:
        note = f"{name} version {version}: the document's SHA-256 is not the one that was put in force"
        return ModelInForce(name, version, None, note=note)
    from risk_models.document import ModelDocument

    try:
        return ModelInForce(name, version, ModelDocument.read(text), text)
    except ModelError as error:
        return ModelInForce(name, version, None, note=f"{name} version {version}: {error}")


def is_in_force(connection: Connection, name: str) -> bool:
    """Whether a version of the model is in force, be it one that can be read or not."""
    with transaction(connection) as cursor:
        return _newest(cursor, name) is not None


def _newest(cursor: Cursor, name: str) -> tuple[int, str, str] | None:
    cursor.execute(_IN_FORCE_SQL, (name,))
    row = cursor.fetchone()
    return None if row is None or row[0] is None else (int(row[0]), str(row[1]), str(row[2]))
