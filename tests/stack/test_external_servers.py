from __future__ import annotations

import pytest

from stack.errors import StackError
from stack.up import Stack
from tests.stack.conftest import MakeStack

SECRET = "s3cret-word"
NOWHERE = {
    "kafka": ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"),
    "postgres": ("POSTGRES_DSN", f"postgresql://someone:{SECRET}@127.0.0.1:1/risk"),
    "mongo": ("MONGO_URI", f"mongodb://someone:{SECRET}@127.0.0.1:1"),
    "flink": ("FLINK_REST_URL", f"http://someone:{SECRET}@127.0.0.1:1"),
    "prometheus": ("PROMETHEUS_URL", f"http://someone:{SECRET}@127.0.0.1:1"),
}


@pytest.mark.parametrize("engine", NOWHERE)
def test_a_server_that_does_not_answer_is_one_line_with_setting_and_address_and_no_password(
    engine: str, make_stack: MakeStack
) -> None:
    setting, value = NOWHERE[engine]
    with pytest.raises(StackError) as error:
        make_stack(**{setting: value}).up([engine], tell=_quiet)
    said = str(error.value)
    assert said.startswith(f"{setting}: no ")
    assert "127.0.0.1:1" in said
    assert SECRET not in said
    assert "\n" not in said


@pytest.mark.engines
def test_a_server_that_the_environment_names_is_used_and_none_is_started(
    mongo: str, make_stack: MakeStack
) -> None:
    stack = make_stack(MONGO_URI=mongo)
    values = stack.up(["mongo"], tell=_quiet)
    assert values["MONGO_URI"] == mongo
    assert not stack.engines["mongo"].stop()


@pytest.mark.engines
def test_after_a_real_server_the_embedded_one_is_used_again_when_the_setting_is_gone(
    mongo: str, make_stack: MakeStack
) -> None:
    make_stack(MONGO_URI=mongo).up(["mongo"], tell=_quiet)
    values = make_stack().up(["mongo"], tell=_quiet)
    assert values["MONGO_URI"] != mongo
    assert Stack(make_stack().folder, values).external("mongo") is None


def _quiet(_: str) -> None:
    """Says nothing."""
