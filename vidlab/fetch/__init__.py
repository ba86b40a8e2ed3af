"""Data sets from their servers, for the command line.

downloads    a file whole and unchanged; one that broke off goes on
archives     unpack it without trusting it
wheels       one file of a package on PyPI
"""

from vidlab.fetch.archives import ArchiveError, extract, is_archive
from vidlab.fetch.downloads import KNOWN, DownloadError, download
from vidlab.fetch.wheels import from_wheel

__all__ = ["ArchiveError", "DownloadError", "KNOWN", "download", "extract", "from_wheel", "is_archive"]
