"""How long each explanation takes for a clip of 16 x 48 x 48, and what fewer samples would cost in agreement.

    python bench/explain_speed.py --out data/results/explain_speed.json

conv3d, trained for a few passes on the world's motions, three clips. `full` are a method's own settings, which the lab
takes, `quick` larger boxes or fewer samples; `agreement` is the rank correlation of the two maps (Spearman). The first
call of each, which builds the graph, is not counted.
"""

from time import perf_counter

import numpy as np
from results import options, save

from vidlab import explain, models, training, world

import keras  # isort: skip

COMMAND = "python bench/explain_speed.py --out data/results/explain_speed.json"
QUICK = {"occlusion": {"box": (4, 12, 12)}, "kernel_shap": {"samples": 300}}


def main():
    arguments = options(__doc__.split("\n")[0])
    looks = dict.fromkeys(("motion", "shape", "texture", "colour", "background"))
    made = world.render(320, looks, "motion", frames=16, size=(48, 48), seed=0)
    x = made.clips.astype(np.float32) / 255
    names = sorted(set(made.labels))
    y = np.array([names.index(label) for label in made.labels])
    keras.utils.set_random_seed(0)
    model = models.conv3d(x.shape[1:], len(names))
    training.fit(model, (x[:300], y[:300]), epochs=6, live=False)
    rows = []
    for name, method in (explain.METHODS | explain.BASELINES).items():
        quick = QUICK.get(name, {})
        seconds, agreement = {}, []
        for kind, setting in (("full", {}), ("quick", quick)):
            method(model, x[300], int(y[300]), **setting)
            spent = []
            for i in (301, 302, 303):
                begun = perf_counter()
                method(model, x[i], int(y[i]), **setting)
                spent.append(perf_counter() - begun)
            seconds[kind] = round(float(np.median(spent)), 3)
        if quick:
            for i in (301, 302, 303):
                one, other = (method(model, x[i], int(y[i]), **setting) for setting in ({}, quick))
                agreement.append(explain.agreement(one, other))
        rows.append({"method": name, **seconds, "agreement": round(float(np.mean(agreement)), 2) if quick else 1.0})
        print(rows[-1], flush=True)
    save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
