# Environments and training on the CPU:
#
#   docker build -f docker/cpu.Dockerfile -t t2po-gym:cpu .
#
# Any builder will do: no step needs BuildKit, so there is no syntax line. For the same image next
# year pin the base by digest: --build-arg BASE=python:3.12-slim-bookworm@sha256:...
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

LABEL org.opencontainers.image.title="T2PO Gym, CPU" \
      org.opencontainers.image.description="Text environments for language agents, and training on the CPU" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="Apache-2.0"

ENV PATH=/opt/venv/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1 \
    T2PO_GYM_CACHE=/var/cache/t2po-gym

# A number that never changes, so that volumes and bind mounts keep their owner.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin gym \
 && install -d -o gym -g gym "$T2PO_GYM_CACHE" /app/runs \
 && python3 -m venv /opt/venv

# The package index has CUDA builds of torch alone, gigabytes of them. The CPU build comes first, from
# an index of its own; the extra below then finds its need of torch met.
ARG TORCH=torch==2.13.0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --index-url "$TORCH_INDEX" "$TORCH"

# What the project needs, as a layer that only these two can spoil: sources change daily.
# README.md and LICENSE are named there, and empty ones are enough here.
WORKDIR /app
COPY pyproject.toml setup.py ./
RUN touch README.md LICENSE && pip install '.[train,eval]'

COPY README.md LICENSE ./
COPY t2po_gym t2po_gym
COPY baselines baselines
COPY leaderboards leaderboards
# Compiled here, since the user may not write beside them.
RUN pip install --no-deps --editable . && python3 -m compileall -q t2po_gym baselines leaderboards
COPY docker/check_train.sh /usr/local/bin/check

USER 10001:10001
CMD ["t2po-gym", "--help"]
