"""How long a check takes, and whether it ever refuses a right answer.

    python bench/exercises.py --out data/results/exercises.json

Times are of a first check: what an earlier one worked out is forgotten before each. `right` is the reference, `known`
every known mistake, `unlisted` small changes of the reference that no known mistake describes, with which all that the
engine knows is tried. Then right answers, written in several ways, are checked on the inputs of other seeds, and every
class of 30 is graded: right, with mistakes, with one that loops for ever; once killed in the middle and run again.
"""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import numpy as np
import results

from vidlab import check
from vidlab.check import judge, mutants

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.check.test_exercises import OTHERWISE
from tests.check.test_grading import handed_in, right, wrong

RUNS = 1000


def main():
    arguments = results.options(__doc__)
    times = measure()
    alarms, ways = false_alarms()
    of_class = a_class()
    print(f"false alarms: {len(alarms)} of {RUNS} runs of {ways} right answers", *alarms[:5], sep="\n  ")
    results.save(arguments.out, f"python bench/exercises.py --out {arguments.out}", times=times, runs=RUNS,
                 right_answers=ways, false_alarms=alarms, of_class=of_class)  # fmt: skip


def measure():
    """Milliseconds of first checks: (exercise, kind, ms) in short."""
    found = {"right": [], "known": [], "unlisted": []}
    named = unnamed = 0
    for one in check.EXERCISES.values():
        answers = [("right", one.reference)]
        answers += [("known", m.value if one.is_value else one.made_of(one.mistaken(m))) for m in one.mistakes]
        if not one.is_value:
            for _, _, source in list(mutants.mutants(one.source))[:6]:
                try:
                    answers.append(("unlisted", one.made_of(source)))
                except Exception:
                    continue
        for kind, answer in answers:
            forget()
            begun = perf_counter()
            result = judge.judge(one, answer)
            spent = 1000 * (perf_counter() - begun)
            if kind == "unlisted":
                if result.passed or result.misconception or "stopped" in result.message:
                    continue  # the same program after all, a listed mistake, or a loop, which takes its three seconds
                named, unnamed = named + ("behaves" in result.message), unnamed + ("behaves" not in result.message)
            found[kind].append((round(spent, 1), one.slug))
    rows = []
    for kind, all_ in found.items():
        ms = [spent for spent, _ in all_]
        row = {"kind": kind, "checks": len(ms), "median_ms": round(median(ms), 1)}
        rows.append(row | {"p95_ms": round(np.percentile(ms, 95), 1), "most_ms": max(ms), "most_in": max(all_)[1]})
        print(*(f"{name} {value}" for name, value in rows[-1].items()), sep="  ")
    print(f"unlisted, described in words: {named} of {named + unnamed}")
    return rows


def forget():
    judge._expected_of.cache_clear()
    judge._made.cache_clear()


def false_alarms():
    """Right answers on the inputs of other seeds."""
    answers = [(one, one.reference) for one in check.EXERCISES.values() if not one.is_value]
    answers += [(check.EXERCISES[slug], way) for slug, ways in OTHERWISE.items() for way in ways]
    alarms = []
    for run in range(RUNS):
        one, answer = answers[run % len(answers)]
        forget()
        other = replace(one, inputs=lambda rng, one=one, run=run: one.inputs(np.random.default_rng(run)))
        result = judge.judge(other, answer)
        if not result.passed:
            alarms.append(f"{one.slug}, seed {run}: {result.message}")
    return alarms, len(answers)


def a_class(students=30):
    """Seconds to grade a class, and what is left when it is killed in the middle and run again."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        mistakes = [m.slug for m in check.EXERCISES["rnn_forward"].mistakes]
        for number in range(students):
            answers = right()
            if number == 7:
                answers["rnn_forward"] = "def rnn_forward(*_):\n    while True:\n        pass"
            elif number % 2:
                answers["rnn_forward"] = wrong("rnn_forward", mistakes[number % len(mistakes)])
            handed_in(folder / "class", f"student_{number:02}", answers=answers)
        whole, seconds = run(folder, "whole")
        broken = start(folder, "broken")
        while len(list((folder / "broken" / "graded").glob("*.json"))) < students // 2:
            sleep(0.05)
        broken.send_signal(signal.SIGTERM if os.name != "posix" else signal.SIGKILL)
        broken.wait()
        kept = len(list((folder / "broken" / "graded").glob("*.json")))
        resumed, rest = run(folder, "broken")
    print(f"a class of {students}: {seconds:.1f} s; killed with {kept} graded, the rest in {rest:.1f} s, "
          f"{'the same' if resumed == whole else 'OTHER'} grades")  # fmt: skip
    return {"students": students, "seconds": round(seconds, 1), "killed_after": kept, "rest_seconds": round(rest, 1),
            "same_grades": resumed == whole}  # fmt: skip


def start(folder, out):
    command = [sys.executable, "-m", "vidlab", "grade", str(folder / "class"), "--out", str(folder / out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(folder, out):
    begun = perf_counter()
    assert start(folder, out).wait() == 0
    return (folder / out / "grades.csv").read_text(), perf_counter() - begun


if __name__ == "__main__":
    main()
