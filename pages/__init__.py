"""The course as pages to read in a browser, without Python: `python -m pages` writes the folder `site/`.

Each notebook becomes a page from its stored outputs, by nbconvert with the template in `template/`. Labs that compute
in the browser live on in it; those that ask a kernel get a grid of answers, worked out now and shipped along.
"""
