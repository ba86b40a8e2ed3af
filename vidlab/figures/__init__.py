"""Pictures for the notebooks: film strips, maps, charts, drawings.

picture      a matplotlib figure that shows itself and carries a text
clips        film strips, and a clip that plays
grids        pictures and maps side by side
charts       lines, dots and bars: curves of training, accuracies, confusion
drawings     the RNN unrolled, the LSTM cell, windows on an axis

Every function returns a `Picture`, whose `axes` can be drawn on. None touches pyplot, so they are safe in widget
callbacks. Importing this room sets the look of all figures, from `course.mplstyle`.
"""

from vidlab.figures.charts import accuracies, bars, confusion, curves, dots, lines, timeline
from vidlab.figures.clips import film_strip, film_strips, show
from vidlab.figures.drawings import lstm_cell, rnn_unrolled, windows
from vidlab.figures.grids import heat_map, maps
from vidlab.figures.picture import ZERO_CENTRED, Picture

__all__ = [
    "Picture",
    "ZERO_CENTRED",
    "accuracies",
    "bars",
    "confusion",
    "curves",
    "dots",
    "film_strip",
    "film_strips",
    "heat_map",
    "lines",
    "lstm_cell",
    "maps",
    "rnn_unrolled",
    "show",
    "timeline",
    "windows",
]
