"""Dated facts in the stream: functions of SQL that answer from the topic of facts.

Each task manager follows the topic in one thread. ``facts_offset()`` says how far it has come; the other
functions take that offset, so that a decision names what it knew and anyone can repeat it.
"""

from __future__ import annotations

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment

from contract.names import FACTS_TOPIC
from contract.settings import Settings

FUNCTIONS = {
    "facts_offset": "FactsOffset",
    "parameter_integer": "ParameterInteger",
    "parameter_number": "ParameterNumber",
    "listed": "Listed",
    "rule_mode": "RuleMode",
    "user_risk_level": "UserRiskLevel",
    "rule_superseded": "RuleSuperseded",
}


def register_fact_functions(
    environment: StreamTableEnvironment, settings: Settings | None, topic: str = FACTS_TOPIC
) -> None:
    """Make the functions of facts known to SQL; the job that uses one waits until the topic is read.

    Without settings there are no facts: every default holds.
    """
    facts = get_gateway().jvm.dev.tandem.facts
    connection = settings.kafka_java() if settings else {}
    for name, java_class in FUNCTIONS.items():
        function = getattr(facts, java_class)(connection, topic)
        environment._j_tenv.createTemporarySystemFunction(name, function)
