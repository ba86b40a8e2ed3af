"""For nbgrader: a copied cell must not stop the grading of a whole class."""

from nbgrader.preprocessors import NbGraderPreprocessor


class OneOfEach(NbGraderPreprocessor):
    """Makes plain cells of all copies of a cell but the first.

    nbgrader empties the metadata of a copy and then takes the empty metadata for those of an older version of itself,
    which ends the run before the other students are graded (0.9.6).
    """

    def preprocess(self, nb, resources):
        seen = set()
        for cell in nb.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in seen:
                del cell.metadata["nbgrader"]
            elif grade_id:
                seen.add(grade_id)
        return nb, resources
