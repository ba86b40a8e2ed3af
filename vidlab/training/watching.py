"""How far a training is: curves in a notebook, a bar in a terminal; both with the time that is left."""

import sys
from time import monotonic

from tqdm import tqdm

from vidlab import figures


def in_notebook():
    """Whether this code runs in a Jupyter kernel."""
    shell = sys.modules.get("IPython")
    shell = shell and shell.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class Curves:
    """One picture in the notebook, drawn again after an epoch, but not more than once a second."""

    def __init__(self, name, epochs, steps, done):
        self.name, self.epochs, self.first, self.place = name, epochs, done // steps, None
        self.start, self.drawn = monotonic(), float("-inf")

    def step(self):
        pass

    def epoch(self, history, last):
        from IPython.display import display

        if monotonic() - self.drawn < 1 and not last:
            return
        self.drawn, epoch = monotonic(), len(history["loss"])
        left = (self.drawn - self.start) / (epoch - self.first) * (self.epochs - epoch)
        to_go = "" if last else f", about {left:.0f} s to go"
        picture = figures.curves(history, f"{self.name}: epoch {epoch} of {self.epochs}{to_go}")
        if self.place is None:
            self.place = display(picture, display_id=True)
        elif self.place:
            self.place.update(picture)

    def close(self):
        pass


class Bar:
    """A bar with the steps done, the time left and the last epoch's results."""

    def __init__(self, name, epochs, steps, done):
        self.bar = tqdm(total=epochs * steps, initial=done, desc=name, unit="step", mininterval=0.5)

    def step(self):
        self.bar.update()

    def epoch(self, history, last):
        self.bar.set_postfix({name: f"{values[-1]:.3f}" for name, values in history.items()}, refresh=False)

    def close(self):
        self.bar.close()


class Lines:
    """A line for each epoch: for a log."""

    def __init__(self, name, epochs, steps, done):
        self.epochs = epochs

    def step(self):
        pass

    def epoch(self, history, last):
        said = ", ".join(f"{name} {values[-1]:.3f}" for name, values in history.items())
        print(f"epoch {len(history['loss'])} of {self.epochs}: {said}", flush=True)

    def close(self):
        pass
