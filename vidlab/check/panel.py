"""How a result looks: a panel in the notebook, one line of text elsewhere. Colour is never the only sign."""

import html

import numpy as np

COLOURS = {"right": "#006d4e", "not yet": "#a03c00", "not attempted yet": "#555"}


class Panel:
    """A heading, a text and perhaps two small tables, in HTML and in words."""

    def __init__(self, heading: str, text: str, details: tuple | None = None):
        self.heading, self.text, self.details = heading, text, details

    def __repr__(self):
        return f"{self.heading[0].upper()}{self.heading[1:]}: {self.text}" if self.text else self.heading.capitalize()

    def _repr_mimebundle_(self, include=None, exclude=None):
        colour = COLOURS.get(self.heading, "#555")
        body = (
            f"<strong>{html.escape(self.heading[0].upper() + self.heading[1:])}.</strong> {_marked(self.text)}"
            + self._tables()
        )
        style = f"border-left: 6px solid {colour}; padding: 0.4em 0.8em; margin: 0.3em 0; max-width: 60em"
        return {"text/plain": repr(self), "text/html": f'<div role="status" style="{style}">{body}</div>'}

    def _tables(self):
        """Expected and given side by side, where both are small."""
        if not self.details or self.details[1] is None or self.details[2] is None:
            return ""
        expected, given = (next(iter(leaves.values())) for leaves in self.details[1:])
        if not all(0 < one.ndim <= 2 and one.size <= 36 for one in (expected, given)):
            return ""
        cells = "".join(
            f'<td style="padding-right: 2em">{_table(name, one)}</td>'
            for name, one in (("expected", expected), ("given", given))
        )
        return f"<table><tr>{cells}</tr></table>"


def _table(name, array):
    array = np.atleast_2d(array)
    rows = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in array)
    return f'<table style="text-align: right"><caption><em>{name}</em></caption>{rows}</table>'


def _cell(value):
    return f'<td style="padding: 0 0.5em">{value:.4g}</td>'


def _marked(text):
    """Markdown's code marks, and nothing else of it; code of several lines stands by itself."""
    parts = text.split("`")
    blocks = [k % 2 == 1 and "\n" in part for k, part in enumerate(parts)]
    for k, part in enumerate(parts):
        if k and blocks[k - 1]:
            part = part.removeprefix("\n")
        if k + 1 < len(parts) and blocks[k + 1]:
            part = part.removesuffix("\n")
        part = html.escape(part)
        if blocks[k]:
            parts[k] = f'<pre style="margin: 0.5em 0">{part}</pre>'
        else:
            parts[k] = f"<code>{part}</code>" if k % 2 else part.replace("\n", "<br>")
    return "".join(parts)
