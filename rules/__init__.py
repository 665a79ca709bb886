"""Rules as text: the catalog, its compiler to both engines, and a plain interpreter."""
