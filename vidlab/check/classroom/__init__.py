"""A class: notebooks of exercises to hand out, and grades of what comes back.

submission   what stands in a handed-in notebook: the cells of the exercises, and what they build on
worker       the process in which somebody else's code runs; it holds no solution
sandbox      how that process is started, watched and ended
grading      a folder of notebooks, graded; what was graded stays graded
report       the grades as a table, and the page that says what to teach again
assignments  the same exercises as a course of nbgrader
copies       what nbgrader needs to survive a copied cell

Nothing is imported here, so that the worker holds no more than it needs.
"""
