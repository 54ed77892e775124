"""Sections of the report: Markdown from what was measured, and Markdown as HTML."""
