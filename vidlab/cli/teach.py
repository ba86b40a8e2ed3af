"""vidlab class, vidlab grade: a class of learners."""

import sys
from pathlib import Path

from vidlab.cli.course import CommandError


def add_to(commands):
    """Add these commands to the parser."""
    of_class = commands.add_parser("class", help="exercises to hand out and have graded by nbgrader")
    actions = of_class.add_subparsers(dest="action", required=True, metavar="action")
    make = actions.add_parser("make", help="write an nbgrader course of all exercises")
    make.add_argument("out", type=Path, help="a new folder")
    make.add_argument("--notebooks", nargs="+", metavar="NUMBER", help="of these notebooks only, such as 02 03")
    make.set_defaults(run=_make)
    grade = commands.add_parser("grade", help="grade a folder of handed-in notebooks, without nbgrader")
    grade.add_argument("folder", type=Path, help="a folder of notebooks: STUDENT/02_convolution.ipynb, or side by side")
    grade.add_argument("--out", type=Path, help="where grades.csv and class.html go (default: FOLDER-graded)")
    grade.add_argument("--jobs", type=int, default=2, help="students at a time (default: 2)")
    grade.set_defaults(run=_grade)


def _make(arguments):
    from vidlab.check.classroom.assignments import make_course

    try:
        names = make_course(arguments.out, arguments.notebooks)
    except (ValueError, OSError) as error:
        raise CommandError(str(error)) from None
    print(
        f"{arguments.out}: {len(names)} assignments, {names[0]} to {names[-1]}\n"
        f"  cd {arguments.out}; nbgrader generate_assignment {names[0]}\n"
        "  (nbgrader comes with: pip install 'vidlab[class]')"
    )
    return 0


def _grade(arguments):
    from tqdm import tqdm

    from vidlab.check.classroom import report
    from vidlab.check.classroom.grading import grade
    from vidlab.check.classroom.sandbox import bubblewrap

    out = arguments.out or arguments.folder.resolve().with_name(arguments.folder.resolve().name + "-graded")
    if bubblewrap() is None:
        print(
            "vidlab: without bubblewrap (a package of Linux) no wall stands around the answers: files, programs and "
            "the network are refused to them from inside only, which a determined student gets round.",
            file=sys.stderr,
        )
    try:
        with tqdm(unit="notebook", disable=None) as bar:

            def progress(done, all_):
                bar.total = all_
                bar.update(done - bar.n)

            grades = grade(arguments.folder, out, jobs=arguments.jobs, progress=progress)
        table, page = report.write(grades, out)
    except (ValueError, OSError) as error:
        raise CommandError(str(error)) from None
    students = {one.student for one in grades}
    wrong = [one for one in grades if one.attempted and not one.points]
    named = sum(bool(one.misconception) for one in wrong)
    print(
        f"{len(students)} students, {sum(one.points for one in grades):g} points; {len(wrong)} wrong answers, "
        f"{named} of them known mistakes\n{table}\n{page}"
    )
    return 0
