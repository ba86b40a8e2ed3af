"""The labs: drag a slider, see the answer.

lab        what all labs share: controls, panels, and the figure that readers without a kernel see
player     a clip, frame by frame, with what belongs to each frame laid over it
browser/   what runs in the page: plain ES modules and one style sheet
"""

from vidlab.widgets.player import play

__all__ = ["play"]
