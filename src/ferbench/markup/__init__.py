"""Tables and text as Markdown, LaTeX and HTML."""
