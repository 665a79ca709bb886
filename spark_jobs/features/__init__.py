"""Windowed features over accepted events, in the batch's own way: sorted once a key, then arrays.

The executors get this package by value with each task: they need numpy and pyarrow, not our code.
"""

import sys

from pyspark import cloudpickle

from spark_jobs.features.adding import with_features

cloudpickle.register_pickle_by_value(sys.modules[__name__])

__all__ = ["with_features"]
