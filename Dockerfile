# The course in a container, as a user who is not root.
#
#     docker build --tag vidlab .
#     docker run --rm --publish 127.0.0.1:8888:8888 --volume vidlab-mine:/home/learner/vidlab/my-course vidlab
#
# The second command prints an address to open. Inside, `make lab` and `make test` do what they do elsewhere; for the
# browser tests build with --build-arg BROWSER="chromium fonts-dejavu-core". This file has not been built yet: the machine
# on which it was written has no Docker.

FROM python:3.12-slim AS base
ARG BROWSER=""
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make git $BROWSER \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 --shell /bin/bash learner
USER learner
WORKDIR /home/learner/vidlab

FROM base AS course
RUN mkdir my-course
COPY --chown=learner:learner requirements.txt ./
RUN python -m venv .venv && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY --chown=learner:learner . ./
RUN make .venv/ready PYTHON=python
EXPOSE 8888
CMD [".venv/bin/vidlab", "lab", "--", "--no-browser", "--ip=0.0.0.0", "--port=8888"]
