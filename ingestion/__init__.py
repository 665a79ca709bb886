"""The producer: generated streams with planted fraud, replay of a public data set, files of events."""
