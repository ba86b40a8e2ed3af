"""Collections of video files as samples, and samples as arrays.

samples        what a sample is
sources        a folder per class, Kinetics's list, the clips that come with the course
arrays         decode many samples at once
batches        batches for training, decoded while the model works
"""

from vidlab.datasets.arrays import load_clips
from vidlab.datasets.batches import Batches
from vidlab.datasets.samples import Sample, classes_of
from vidlab.datasets.sources import DataNotFound, data_folder, embedded, folder, kinetics

__all__ = [
    "Batches",
    "DataNotFound",
    "Sample",
    "classes_of",
    "data_folder",
    "embedded",
    "folder",
    "kinetics",
    "load_clips",
]
