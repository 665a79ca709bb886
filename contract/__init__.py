"""What every part of Tandem agrees on: events, reasons, names and settings."""
