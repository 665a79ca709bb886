"""Tandem beside other engines and beside the limits of a plain consumer: same rules, same topic, same run."""
