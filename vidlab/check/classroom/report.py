"""Grades as a table, and as the page that says what to teach again."""

import csv
import html
import os
from collections import Counter, defaultdict
from dataclasses import asdict, fields
from pathlib import Path

from vidlab.check.classroom.grading import Grade
from vidlab.check.exercises import EXERCISES

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h2 { margin-top: 2.5rem; } h3 { margin: 1.8rem 0 0.2rem; }
table { border-collapse: collapse; }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top; }
code { white-space: nowrap; }
th { border-bottom: 1px solid #777; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { display: inline-block; height: 0.8em; background: #0b5394; vertical-align: baseline; }
.bar.rest { background: #d5dce3; } .again { border-left: 5px solid #a03c00; padding-left: 0.8rem; margin: 0.4rem 0; }
@media (prefers-color-scheme: dark) { body { background: #16191d; color: #e8e8e8; } .bar { background: #7fb2e5; }
  .bar.rest { background: #39424c; } .again { border-color: #f0a060; } }
"""


def write(grades: list[Grade], out: Path) -> tuple[Path, Path]:
    """Write grades.csv and class.html into a folder, each whole or not at all; gives both paths."""
    table, page = out / "grades.csv", out / "class.html"
    for path, fill in ((table, _table), (page, _page)):
        part = path.with_suffix(".part")
        with open(part, "w", encoding="utf8", newline="") as file:
            fill(grades, file)
        os.replace(part, path)
    return table, page


def _table(grades, file):
    rows = csv.DictWriter(file, [field.name for field in fields(Grade)])
    rows.writeheader()
    for grade in grades:
        rows.writerow({name: _plain(value) for name, value in asdict(grade).items()})


def _plain(value):
    """A text that a spreadsheet does not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _page(grades, file):
    say = html.escape
    students = sorted({one.student for one in grades})
    unread = [one for one in grades if not one.exercise]
    by_exercise = defaultdict(list)
    for one in grades:
        if one.exercise:
            by_exercise[one.exercise].append(one)
    slugs = sorted(by_exercise, key=list(EXERCISES).index)
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>What the class knows</title><style>{STYLE}</style><h1>What the class knows</h1>"
        f"<p>{_some(len(students), 'student')}, {_some(len(slugs), 'exercise')}. A known mistake is named where an"
        " answer agrees with it on every input that was tried.</p>"
    ]
    if unread:
        parts.append("<h2>Not read</h2><ul>" + "".join(f"<li>{say(one.message)}</li>" for one in unread) + "</ul>")
    parts.append("<h2>Teach again</h2>" + "".join(_again(slug, by_exercise[slug]) for slug in slugs))
    parts.append("<h2>By exercise</h2><table><tr><th>exercise<th>notebook<th>solved<th>of<th></tr>")
    for slug in slugs:
        solved, all_ = sum(one.points > 0 for one in by_exercise[slug]), len(by_exercise[slug])
        parts.append(
            f"<tr><td>{say(EXERCISES[slug].title)} <small>({slug})</small><td>{EXERCISES[slug].notebook}"
            f'<td class="number">{solved}<td class="number">{all_}<td>{_bar(solved, all_)}</tr>'
        )
    parts.append("</table><h2>By student</h2><table><tr><th>student<th>points<th>of<th>not tried<th></tr>")
    for student in students:
        own = [one for one in grades if one.student == student and one.exercise]
        points = sum(one.points for one in own)
        parts.append(
            f'<tr><td>{say(student)}<td class="number">{points:g}<td class="number">{len(own)}<td class="number">'
            f"{sum(not one.attempted for one in own)}<td>{_bar(points, len(own))}</tr>"
        )
    file.write("\n".join([*parts, "</table></html>\n"]))


def _again(slug, grades):
    """One exercise: its misconceptions with their numbers, and a sentence on what to teach."""
    exercise, wrong = EXERCISES[slug], [one for one in grades if one.attempted and not one.points]
    if not wrong:
        return ""
    named = Counter(one.misconception for one in wrong if one.misconception)
    says = {one.misconception: one.message for one in wrong}
    rows = "".join(
        f'<tr><td class="number">{count}<td><code>{html.escape(slug)}</code><td>{html.escape(says[slug])}</tr>'
        for slug, count in named.most_common()
    )
    others = Counter(one.message.split(" (input:")[0] for one in wrong if not one.misconception)
    rows += "".join(
        f'<tr><td class="number">{count}<td>other<td>{html.escape(text)}</tr>' for text, count in others.most_common(5)
    )
    tried = sum(one.attempted for one in grades)
    return (
        f"<h3>{html.escape(exercise.title)} <small>({slug}, notebook {exercise.notebook})</small></h3>"
        f"<p>{len(wrong)} of {tried} who tried it are not there yet.</p>"
        f'<p class="again"><strong>Say again:</strong> {html.escape(exercise.why)}</p>'
        f"<table><tr><th>students<th>mistake<th>what they were told</tr>{rows}</table>"
    )


def _bar(part, whole):
    full = 10 * part / max(whole, 1)
    return (
        f'<span class="bar" style="width: {full:.2f}em"></span><span class="bar rest" style="width: {10 - full:.2f}em">'
        "</span>"
    )


def _some(count, what):
    return f"{count} {what}{'s' * (count != 1)}"
