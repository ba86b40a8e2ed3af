"""Synthetic clips whose every property is known.

factors      what can vary, and how values are chosen
materials    real textures, photographs and digits
sprite       the object before it moves
scene        where it is in each frame, and the frames
files        a rendered set as video files in the Kinetics layout
"""

from vidlab.world.factors import FACTORS, Factor
from vidlab.world.files import write_dataset
from vidlab.world.scene import RATE, Rendered, render

__all__ = ["FACTORS", "Factor", "RATE", "Rendered", "render", "write_dataset"]
