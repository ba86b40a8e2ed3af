"""A training that was stopped goes on as if it had not been.

A `.keras` file alone cannot do that: it lacks the states of the seed generators (Dropout's), the place within
the epoch and the metrics so far. Here all of these are in one file, which is replaced in one piece: whenever the
process dies, the folder holds either the old checkpoint or the new one.
"""

import json
import os
import zipfile
from pathlib import Path

import numpy as np

FILE = "checkpoint.npz"


class Checkpoint:
    """The state of one training in a folder: every variable, and the facts that are not variables.

    Parameters
    ----------
    folder
        Made where it is not there.
    model
        Compiled, its optimizer built.
    metrics
        Variables of what is known of the epoch so far.
    setting
        Dict, what must be the same for the training to go on.
    """

    def __init__(self, folder, model, metrics, setting):
        self.path = Path(folder) / FILE
        self.variables = {  # model.variables holds weights and the states of seed generators
            "model": model.variables,
            "optimizer": model.optimizer.variables,
            "metrics": metrics,
        }
        self.setting = setting | {"weights": [list(v.shape) for v in model.weights]}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"resume={str(folder)!r} cannot be a folder ({error.strerror}); name another") from None

    def write(self, facts, best):
        """Keep the state as it is now, `facts` (for JSON) and `best`, a list of arrays or None."""
        arrays = {f"{kind}{i}": np.asarray(v) for kind, vs in self.variables.items() for i, v in enumerate(vs)}
        arrays |= {f"best{i}": value for i, value in enumerate(best or [])}
        arrays["facts"] = np.array(json.dumps(facts | {"setting": self.setting}))
        part = self.path.with_suffix(".part")
        with open(part, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, self.path)

    def read(self):
        """Set every variable as it was, and return (facts, best); None where there is no checkpoint yet.

        Raises
        ------
        ValueError
            The checkpoint is of another training, or it is damaged.
        """
        if not self.path.exists():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as file:
                arrays = dict(file)
            facts = json.loads(str(arrays.pop("facts")))
            setting = facts.pop("setting")
        except (OSError, EOFError, ValueError, KeyError, AttributeError, zipfile.BadZipFile):
            raise ValueError(f"{self.path}: this checkpoint cannot be read; remove it to begin anew") from None
        for key, now in self.setting.items():
            if setting.get(key) != now:
                what = "another model" if key == "weights" else f"{key}={setting.get(key)}, not {now}"
                raise ValueError(f"{self.path}: it holds a training with {what}; name another folder, or remove it")
        for kind, variables in self.variables.items():
            for i, variable in enumerate(variables):
                variable.assign(arrays[f"{kind}{i}"])
        best = [arrays[f"best{i}"] for i in range(sum(name.startswith("best") for name in arrays))]
        return facts, best or None
