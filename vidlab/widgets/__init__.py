"""The labs: drag a slider, see the answer.

view       what all labs share: a live view, and the figure that readers without a kernel see
scrubber   one clip, frame by frame
"""

from vidlab.widgets.scrubber import scrub

__all__ = ["scrub"]
