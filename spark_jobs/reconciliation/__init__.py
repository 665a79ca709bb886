"""The reconciliation of alerts: what the batch finds, held against what the stream raised."""
