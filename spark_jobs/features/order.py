"""Features that look at the event before: its time, its value, its place."""

from __future__ import annotations

import numpy as np

from spark_jobs.features.rows import Integers, Truths, Values, Windows, last_before

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""
MS_PER_HOUR = 3_600_000.0


def previous(members: Truths, within: Windows) -> Integers:
    """For each row the member before it in its window, -1 where there is none."""
    before = last_before(members)
    return np.where(before >= within.first, before, -1)


def kilometres(latitudes: Values, longitudes: Values, before: Integers) -> Values:
    """Great-circle kilometres between each row and the row ``before`` it, by the haversine formula."""
    phi, other_phi = np.radians(latitudes), np.radians(latitudes[before])
    half_north = np.sin((phi - other_phi) / 2)
    half_east = np.sin(np.radians(longitudes - longitudes[before]) / 2)
    chord = half_north**2 + np.cos(phi) * np.cos(other_phi) * half_east**2
    angles: Values = 2 * np.arcsin(np.minimum(1, np.sqrt(chord)))
    return EARTH_RADIUS_KM * angles


def kilometres_an_hour(distances: Values, passed_ms: Integers) -> Values:
    """Speeds; infinite where no time has passed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        speeds: Values = distances * MS_PER_HOUR / passed_ms
    return speeds
