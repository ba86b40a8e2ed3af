"""Data sets from their servers, for the command line.

downloads    a file whole and unchanged; one that broke off goes on
archives     unpack it without trusting it
"""

from vidlab.fetch.archives import ArchiveError, extract, is_archive
from vidlab.fetch.downloads import KNOWN, DownloadError, download

__all__ = ["ArchiveError", "DownloadError", "KNOWN", "download", "extract", "is_archive"]
