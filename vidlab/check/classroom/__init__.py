"""A class: notebooks of exercises to hand out, and grades of what comes back.

submission   what stands in a handed-in notebook: the cells of the exercises, and what they build on
worker       the process in which somebody else's code runs; it holds no solution
sandbox      how that process is started, watched and ended
grading      a folder of notebooks, graded; what was graded stays graded
report       the grades as a table, and the page that says what to teach again
assignments  the same exercises as a course of nbgrader
"""

from vidlab.check.classroom.assignments import make_course, points
from vidlab.check.classroom.grading import Grade, grade

__all__ = ["Grade", "grade", "make_course", "points"]
