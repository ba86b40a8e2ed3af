"""The labs: drag a slider, see the answer.

lab        what all labs share: controls, panels, and the figure that readers without a kernel see
player     a clip, frame by frame, with what belongs to each frame laid over it
recurrent  one or two recurrent units over a drawn sequence
browser/   what runs in the page: plain ES modules and one style sheet
"""

from vidlab.widgets.player import play
from vidlab.widgets.recurrent import rnn

__all__ = ["play", "rnn"]
