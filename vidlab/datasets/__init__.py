"""Collections of video files as samples, and samples as arrays.

samples        what a sample is
folders        a folder per class, and what else a folder shows
lists          the official lists of Kinetics, UCF101 and HMDB51, and lists of path and label
sources        the clips that come with the course, a rendered world
splits         train, validation and test without leaks
checking       find the files that cannot be read
arrays         decode many samples at once
augmentation   crop, flip, colour, speed and reversal, the same for all frames of a clip
flow           optical flow
sharding       clips decoded once into a few large files, by many processes
cache          decoded clips that are kept, in memory or in a folder
batches        batches for training, decoded while the model works
"""

from vidlab.datasets.arrays import load_clips
from vidlab.datasets.augmentation import Augment
from vidlab.datasets.batches import Batches
from vidlab.datasets.checking import check_videos
from vidlab.datasets.flow import optical_flow
from vidlab.datasets.folders import folder, passed_over, takes, video_files
from vidlab.datasets.lists import hmdb51, kinetics, ucf101, video_list
from vidlab.datasets.samples import DataNotFound, Sample, by_split, classes_of
from vidlab.datasets.sharding import SHARDS, shards, unread, write_shards
from vidlab.datasets.sources import Results, data_folder, embedded, from_world, results
from vidlab.datasets.splits import check_split, split_by_group, warn_if_sorted

__all__ = [
    "SHARDS",
    "Augment",
    "Batches",
    "DataNotFound",
    "Results",
    "Sample",
    "by_split",
    "check_split",
    "check_videos",
    "classes_of",
    "data_folder",
    "embedded",
    "folder",
    "from_world",
    "hmdb51",
    "kinetics",
    "load_clips",
    "optical_flow",
    "passed_over",
    "results",
    "shards",
    "split_by_group",
    "takes",
    "ucf101",
    "unread",
    "video_files",
    "video_list",
    "warn_if_sorted",
    "write_shards",
]
