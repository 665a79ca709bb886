"""Proofs for the alerts of whole keys: what the stream had, and what the features were on that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from spark_jobs.features.columns import Chunk
from spark_jobs.features.rows import Integers
from spark_jobs.features.values import FUNCTIONS
from spark_jobs.proofs.absence import candidates
from spark_jobs.proofs.key_rows import KeyRows
from spark_jobs.proofs.presence import Decided, decided_on
from spark_jobs.proofs.requests import ProofStep, Request, read_requests
from spark_jobs.proofs.routes import Layout, mixed

GROUP = "feature_group"
NO_KEY = "\u0000"
ROWS_PER_EVALUATION = 300_000
PROOF_SCHEMA = pa.schema([("alert_id", pa.string()), ("key", pa.string()), ("proof", pa.string())])


@dataclass
class Proof:
    """What is known of one alert by one key: sets of events that the stream may have decided on."""

    alert_id: str
    rule: str
    unknown: str | None = None
    options: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> str:
        """The proof as the judge reads it."""
        content = {"unknown": self.unknown, "options": self.options}
        return json.dumps(content)


def prove(table: pa.Table, step: ProofStep) -> pa.Table:
    """Return the proofs of a table's requests; the table is of whole keys, sorted as features need it."""
    prover = _Prover(table, step)
    prover.run()
    proofs = prover.proofs
    columns = [
        [proof.alert_id for proof in proofs],
        [step.step.key] * len(proofs),
        [proof.as_json() for proof in proofs],
    ]
    return pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=PROOF_SCHEMA)


@dataclass(frozen=True)
class _EventSet:
    """Rows of the table that the stream may have had, and the row that it decided on."""

    rows: Integers
    place: int
    own_counts: bool


class _Prover:
    def __init__(self, table: pa.Table, step: ProofStep) -> None:
        self.table = table.combine_chunks()
        self.step = step
        self.chunk = Chunk(self.table, GROUP)
        self.proofs: list[Proof] = []
        self._sets: list[_EventSet] = []
        self._rows = 0
        self._options: list[tuple[Proof, dict[str, Any]]] = []

    def run(self) -> None:
        asked = np.flatnonzero(self.chunk.present("requests"))
        for group in np.unique(self.chunk.groups[asked]):
            first, end = np.searchsorted(self.chunk.groups, [group, group + 1])
            self._prove_key(int(first), int(end), asked[(asked >= first) & (asked < end)])
        self._evaluate()

    def _prove_key(self, first: int, end: int, asked: Integers) -> None:
        rows = key_rows(self.table.slice(first, end - first), self.step)
        for place in asked.tolist():
            for request in read_requests(self.table["requests"][place].as_py()):
                self._prove(request, rows, place - first, first)

    def _prove(self, request: Request, rows: KeyRows, place: int, first: int) -> None:
        proof = Proof(request.alert_id, request.rule)
        self.proofs.append(proof)
        try:
            found = (
                candidates(request, rows, place, self.step)
                if request.document is None
                else decided_on(request, rows, place, self.step)
            )
        except ValueError as error:
            proof.unknown = str(error)
            return
        for each in found:
            self._add(proof, each, place, first)

    def _add(self, proof: Proof, decided: Decided, place: int, first: int) -> None:
        option: dict[str, Any] = {"causes": decided.causes, "bounded": decided.bounded, "values": None}
        proof.options.append(option)
        if decided.is_true_window and proof.rule not in self.step.computed:
            return
        self._options.append((proof, option))
        self._sets.append(_EventSet(decided.rows + first, place + first, decided.own_counts))
        self._rows += len(decided.rows)
        if self._rows > ROWS_PER_EVALUATION:
            self._evaluate()

    def _evaluate(self) -> None:
        """Compute the features over each set of rows by itself, all sets in one table."""
        if not self._sets:
            return
        sizes = [len(each.rows) for each in self._sets]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        own = [
            int(start + np.searchsorted(each.rows, each.place))
            for start, each in zip(starts, self._sets, strict=True)
        ]
        taken = self.table.take(pa.array(np.concatenate([each.rows for each in self._sets])))
        groups = pa.array(np.repeat(np.arange(len(sizes)), sizes).astype(str))
        taken = taken.set_column(taken.column_names.index(GROUP), GROUP, groups)
        chunk = Chunk(_uncounted(taken, self._sets, own), GROUP)
        for column, values in self._columns(chunk, own):
            for (proof, option), value in zip(self._options, values, strict=True):
                if column in self.step.rule_columns[proof.rule]:
                    option["values"] = (option["values"] or {}) | {column: value}
        self._sets.clear()
        self._options.clear()
        self._rows = 0

    def _columns(self, chunk: Chunk, own: list[int]) -> Iterator[tuple[str, list[Any]]]:
        wanted = {column for proof, _ in self._options for column in self.step.rule_columns[proof.rule]}
        for feature in self.step.step.features:
            if feature.column in wanted:
                values = FUNCTIONS[feature.function](chunk, feature)
                yield feature.column, values.take(pa.array(own)).to_pylist()


def _uncounted(table: pa.Table, sets: list[_EventSet], own: list[int]) -> pa.Table:
    """Take the type off the deciding events that are not in their own windows, so that they count nowhere."""
    hidden = [place for each, place in zip(sets, own, strict=True) if not each.own_counts]
    if not hidden:
        return table
    types = table["event_type"].to_pylist()
    for place in hidden:
        types[place] = ""
    place = table.column_names.index("event_type")
    return table.set_column(place, "event_type", pa.array(types, pa.string()))


def key_rows(table: pa.Table, step: ProofStep) -> KeyRows:
    """The events of one key as arrays."""
    offsets = table["offset"].to_numpy()
    partitions = table["partition"].to_numpy().astype(np.int64)
    return KeyRows(
        times_ms=table["event_time_ms"].to_numpy(),
        partitions=partitions,
        offsets=offsets,
        types=table["event_type"].to_numpy(),
        append_times_ms=table["append_time_ms"].to_numpy(),
        mixes=mixed(partitions, offsets),
        repeats=_repeats(table),
        routes=[_routes(table, step, layout) for layout in step.layouts],
    )


def _routes(table: pa.Table, step: ProofStep, layout: Layout) -> Integers:
    users = table["user_id"].to_pylist()
    keys = [
        [key if key is not None else NO_KEY + user for key, user in zip(column, users, strict=True)]
        for column in (table[name].to_pylist() for name in step.keys_before)
    ]
    return layout.routes(keys, len(table))


def _repeats(table: pa.Table) -> Integers:
    repeats = np.full(len(table), -1, dtype=np.int64)
    marked = np.flatnonzero(table["is_repeat"].to_numpy())
    if len(marked):
        ids = table["event_id"].to_pylist()
        originals = {ids[row]: row for row in np.flatnonzero(~table["is_repeat"].to_numpy()).tolist()}
        for row in marked.tolist():
            repeats[row] = originals.get(ids[row], -2)
    return repeats
