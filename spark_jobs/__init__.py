"""The batch: land the topic, score it, reconcile the alerts."""
