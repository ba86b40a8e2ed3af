"""Collections of video files as samples, and samples as arrays.

samples        what a sample is
folders        a folder per class, and what else a folder shows
lists          the official lists of Kinetics, UCF101 and HMDB51, and lists of path and label
sources        the clips that come with the course, a rendered world
splits         train, validation and test without leaks
downloads      fetch a file whole and unchanged
archives       unpack it without trusting it
checking       find the files that cannot be read
arrays         decode many samples at once
augmentation   crop, flip, colour, speed and reversal, the same for all frames of a clip
flow           optical flow
cache          decoded clips that are kept, in memory or in a folder
batches        batches for training, decoded while the model works
"""

from vidlab.datasets.archives import ArchiveError, extract, is_archive
from vidlab.datasets.arrays import load_clips
from vidlab.datasets.augmentation import Augment
from vidlab.datasets.batches import Batches
from vidlab.datasets.checking import check_videos
from vidlab.datasets.downloads import UCF101_LISTS_URL, UCF101_URL, DownloadError, download
from vidlab.datasets.flow import optical_flow
from vidlab.datasets.folders import folder, passed_over, video_files
from vidlab.datasets.lists import hmdb51, kinetics, ucf101, video_list
from vidlab.datasets.samples import DataNotFound, Sample, classes_of
from vidlab.datasets.sources import data_folder, embedded, from_world
from vidlab.datasets.splits import check_split, split_by_group, warn_if_sorted

__all__ = [
    "ArchiveError",
    "Augment",
    "Batches",
    "DataNotFound",
    "DownloadError",
    "Sample",
    "UCF101_LISTS_URL",
    "UCF101_URL",
    "check_split",
    "check_videos",
    "classes_of",
    "data_folder",
    "download",
    "embedded",
    "extract",
    "folder",
    "from_world",
    "hmdb51",
    "is_archive",
    "kinetics",
    "load_clips",
    "optical_flow",
    "passed_over",
    "split_by_group",
    "ucf101",
    "video_files",
    "video_list",
    "warn_if_sorted",
]
