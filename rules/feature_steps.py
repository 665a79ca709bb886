"""What a run of the stream records of its keyed steps, by which a later one knows what it takes over."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from rules.feature_plan import FeaturePlan


def feature_steps(plan: FeaturePlan) -> list[dict[str, Any]]:
    """Return the keyed steps in the order in which events go through them.

    ``state`` differs where the step's features do: such a step takes over no windows of another run.
    """
    return [
        {
            "key": step["key"],
            "features": [feature["name"] for feature in step["features"]],
            "state": hashlib.sha256(orjson.dumps(step)).hexdigest()[:12],
        }
        for step in orjson.loads(plan.as_json())
    ]
