"""Markdown as a piece of HTML, to be put under a heading of the report."""

from html import escape

from markdown_it import MarkdownIt

CONVERTER = MarkdownIt("js-default").disable(["image", "link"])  # nothing is fetched from elsewhere
WIDE = '<div class="wide">\n<table>', "</table>\n</div>"
"""Around a table, which scrolls by itself where the screen is narrow."""


def to_html(markdown: str) -> str:
    """HTML without a heading of the first level, which the report has its own of.

    HTML in the Markdown comes out as text: names of files and people are the user's.
    """
    lines = [line for line in markdown.splitlines() if not line.startswith("# ")]
    converted: str = CONVERTER.render("\n".join(lines))
    return converted.replace("<table>", WIDE[0]).replace("</table>", WIDE[1])


def folded(title: str, html: str) -> str:
    """HTML that is shown on demand."""
    return f"<details>\n<summary>{escape(title)}</summary>\n{html}</details>\n"


def verbatim(text: str) -> str:
    """Text with its line ends."""
    return f"<pre>{escape(text)}</pre>\n"
