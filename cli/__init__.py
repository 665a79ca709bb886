"""The command line ``tandem``: each module here registers its commands in a group of ``cli.application``."""
