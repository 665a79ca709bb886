"""What is to be proven of one alert, and by which features and runs of the stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spark_jobs.features.specification import Step, StepFeature
from spark_jobs.proofs.routes import Layout
from spark_jobs.proofs.taken import SeenPartition


@dataclass(frozen=True)
class ProofStep:
    """One keyed step of the stream, as the proofs need it."""

    step: Step
    keys_before: tuple[str, ...]
    """The keys of the steps that events go through before."""
    rule_columns: Mapping[str, tuple[str, ...]]
    """Rule, as rule@version -> the columns of this step that it reads."""
    layouts: tuple[Layout, ...]
    starts: tuple[Mapping[int, int], ...]
    """Partition -> first offset of each start of the stream that began this step without its windows."""
    lateness_ms: int
    """How long the stream keeps events beyond their windows."""
    computed: frozenset[str]
    """Rules, as rule@version, whose values are wanted on the true windows too."""

    def features(self, rule: str) -> list[StepFeature]:
        """The features that a rule reads."""
        wanted = self.rule_columns[rule]
        return [feature for feature in self.step.features if feature.column in wanted]


@dataclass(frozen=True)
class Request:
    """One alert: raised by the stream (``document``), or only by the batch."""

    alert_id: str
    rule: str
    """As rule@version."""
    document: Mapping[str, Any] | None

    def seen(self, key: str) -> Iterator[SeenPartition]:
        """What the alert says of its key, partition by partition.

        Raises:
            ValueError: it does not say it, or not in the agreed form.
        """
        document = self.document or {}
        try:
            counts = document["seen_counts"][key]
            for partition, last_offset in document["seen"][key].items():
                of_partition = counts[partition]
                yield SeenPartition(
                    partition=int(partition),
                    last_offset=int(last_offset),
                    first_offset=int(of_partition["first_offset"]),
                    events=int(of_partition["events"]),
                    checksum=int(of_partition["checksum"], 16),
                )
        except (KeyError, TypeError, AttributeError):
            raise ValueError(f"it does not say what was seen by {key}") from None

    def counted_from_ms(self, key: str) -> int:
        """The event time from which on the alert counts what was seen; raises as :meth:`seen`."""
        return self._number("counted_from_ms", key)

    def held_from_ms(self, key: str) -> dict[str, int]:
        """Source type -> event time before which its rows were gone; raises as :meth:`seen`."""
        try:
            held = (self.document or {})["held_from_ms"][key]
            return {source_type: int(time_ms) for source_type, time_ms in held.items()}
        except (KeyError, TypeError, AttributeError):
            raise ValueError(f"it does not say from when on rows were held by {key}") from None

    def _number(self, member: str, key: str) -> int:
        try:
            return int((self.document or {})[member][key])
        except (KeyError, TypeError):
            raise ValueError(f"it has no {member} by {key}") from None


def read_requests(text: str) -> list[Request]:
    """Read the requests of one event, which are JSON in JSON."""
    told = [(entry["rule"], json.loads(entry["request"])) for entry in json.loads(text)]
    return [Request(document["alert_id"], rule, document["document"]) for rule, document in told]
