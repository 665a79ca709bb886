"""The stream: two Flink jobs, each pure functions from table to table and one thin wiring file.

Submitted from the project's root, with the settings of ``.stack/env`` or of your own servers in the
environment::

    flink run -d -py flink_jobs/detect_fraud.py
    flink run -d -py flink_jobs/deliver_alerts.py

``-s <checkpoint>`` resumes from a checkpoint. Jars come from ``.tools/jars/flink`` and
``.tools/jars/tandem`` where these folders exist, else from the cluster's ``lib``. The workers' Python
needs the project's root on its path (``python.pythonpath``) and the packages of the ``flink`` group.
"""
