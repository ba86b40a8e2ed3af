"""Find the video files that cannot be read, whatever they do to the program that reads them."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from queue import SimpleQueue

from vidlab import video


def probe_whole(path):
    """`video.probe`, after the file was read from end to end: a damaged one raises."""
    video.read(path, 1, (16, 16), threads=1)
    return video.probe(path)


def check_videos(files, workers=None, seconds=300, progress=True, probe=probe_whole):
    """Read each file from end to end, several at a time, each in a process that may crash or hang.

    Parameters
    ----------
    files
        Paths.
    workers
        Processes; None: one for each core.
    seconds
        A file that takes longer counts as one that hangs.
    progress
        Whether to show a progress bar.
    probe
        What to do with a path: gives facts, or raises with the reason. Must be importable by name.

    Returns
    -------
    dict
        Path -> VideoInfo, or the reason (a str) why it cannot be read, in the order of `files`.

    Examples
    --------
    >>> check_videos([], progress=False)
    {}
    """
    from tqdm.auto import tqdm

    files = list(files)
    waiting = SimpleQueue()  # of the workers that have nothing to do
    workers = min(workers or os.cpu_count() or 1, len(files) or 1)
    started = [_Worker(probe) for _ in range(workers)]
    for worker in started:
        waiting.put(worker)

    def check(file):
        worker = waiting.get()
        try:
            return worker.check(file, seconds)
        finally:
            waiting.put(worker)

    pool = ThreadPoolExecutor(workers)
    try:
        return dict(zip(files, tqdm(pool.map(check, files), total=len(files), disable=not progress), strict=True))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in started:
            worker.stop()


class _Worker:
    """A process that probes one file after another, and is started anew when a file has brought it down. (Of a
    ProcessPoolExecutor that breaks, nobody knows which file it was.)
    """

    def __init__(self, probe):
        self.probe = probe
        self.process = None

    def check(self, file, seconds):
        if self.process is None:
            context = multiprocessing.get_context("spawn")  # a fork would inherit locks of the other threads
            self.pipe, end = context.Pipe()
            self.process = context.Process(target=_serve, args=(end, self.probe), daemon=True)
            self.process.start()
            end.close()
            try:
                ready = self.pipe.poll(60) and self.pipe.recv()
            except EOFError:
                ready = False
            if not ready:
                raise RuntimeError("no process to read videos in could be started; close other programs and try again")
        try:
            self.pipe.send(file)
            if self.pipe.poll(seconds):
                return self.pipe.recv()
            reason = f"{file}: it was not read to its end within {seconds:g} s; get it again, or allow more time"
        except (EOFError, ConnectionError):
            self.process.join(10)
            reason = f"{file}: reading it crashes the decoder ({_ending(self.process.exitcode)}); get it again"
        self.stop()
        return reason

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.process = None


def _ending(code):
    return signal.Signals(-code).name if code and code < 0 else f"exit code {code}"


def _serve(pipe, probe):
    with closing(pipe):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked, which ends this one
        pipe.send(True)
        while True:
            try:
                file = pipe.recv()
            except EOFError:  # whoever asked is gone
                return
            try:
                answer = probe(file)
            except video.VideoError as error:
                answer = str(error)
            except Exception as error:  # whatever it is, it is the file's fault
                answer = f"{file}: {type(error).__name__}: {error}"
            pipe.send(answer)
