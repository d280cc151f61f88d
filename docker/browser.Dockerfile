# Environments and a real browser: Debian's Chromium, its driver, and selenium:
#
#   docker build -f docker/browser.Dockerfile -t t2po-gym:browser .
#
# Any builder will do. Pin the base by digest: --build-arg BASE=python:3.12-slim-bookworm@sha256:...
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

LABEL org.opencontainers.image.title="T2PO Gym, browser" \
      org.opencontainers.image.description="Text environments for language agents, with Chromium and selenium" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="Apache-2.0"

ENV PATH=/opt/venv/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1 \
    SE_OFFLINE=true \
    T2PO_GYM_CACHE=/var/cache/t2po-gym

# Chromium and its driver come from one source package, so their versions always fit.
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium chromium-driver fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin gym \
 && install -d -o gym -g gym "$T2PO_GYM_CACHE" /app/runs \
 && python3 -m venv /opt/venv

WORKDIR /app
COPY pyproject.toml setup.py ./
RUN touch README.md LICENSE && pip install '.[browser,eval]'

COPY README.md LICENSE ./
COPY t2po_gym t2po_gym
COPY baselines baselines
COPY leaderboards leaderboards
# Compiled here, since the user may not write beside them.
RUN pip install --no-deps --editable . && python3 -m compileall -q t2po_gym baselines leaderboards
COPY docker/check_browser.py /usr/local/bin/check

USER 10001:10001
CMD ["t2po-gym", "--help"]
