"""Formulas as MathML, which browsers draw by themselves, and the font that they are drawn in.

So no script has to run before a formula is there, a screen reader can read it, and it grows with the text.
"""

import base64
import io
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from math_core import LatexError, LatexToMathML


def mathml(latex, block=False):
    r"""LaTeX as MathML Core.

    Raises
    ------
    ValueError
        The formula cannot be read; it says where.

    Examples
    --------
    >>> mathml("k^2")
    '<math><msup><mi>k</mi><mn>2</mn></msup></math>'
    """
    try:
        return _converter().convert_with_local_state(latex, displaystyle=block)
    except LatexError as error:
        raise ValueError(f"this formula cannot be shown on a page: {latex.strip()}\n{error}") from None


@cache
def _converter():
    return LatexToMathML(fancy_error=False)


def font_css(characters):
    """A style sheet with STIX Two Math (SIL Open Font License 1.1) cut down to some characters, in the sheet itself:
    from a folder (file://) a browser may refuse to load a font.
    """
    from fontTools import subset

    options = subset.Options(flavor="woff", layout_features=["*"], notdef_outline=True, drop_tables=["DSIG"])
    there = Path(find_spec("ziamath").origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
    with subset.load_font(there, options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes={*map(ord, characters), *_slanted(characters)})
        cutter.subset(font)
        made = io.BytesIO()
        subset.save_font(font, made, options)
    data = base64.b64encode(made.getvalue()).decode("ascii")
    return (
        "/* STIX Two Math, cut down. Copyright 2001-2021 The STIX Fonts Project Authors; SIL Open Font License 1.1 */\n"
        '@font-face {font-family: "STIX Two Math"; src: url(data:font/woff;base64,' + data + ') format("woff")}\n'
        'math {font-family: "STIX Two Math", math; font-size: 1.08em}\n'
    )


def _slanted(characters):
    """A letter that stands alone is drawn slanted: browsers take another character for that."""
    for character in characters:
        if character == "h":
            yield 0x210E
        elif "A" <= character <= "Z":
            yield 0x1D434 + ord(character) - ord("A")
        elif "a" <= character <= "z":
            yield 0x1D44E + ord(character) - ord("a")
        elif "α" <= character <= "ω":
            yield 0x1D6FC + ord(character) - ord("α")
        elif "Α" <= character <= "Ω":
            yield 0x1D6E2 + ord(character) - ord("Α")
        elif character in (special := "∂ϵϑϰϕϱϖ"):
            yield 0x1D715 + special.index(character)
