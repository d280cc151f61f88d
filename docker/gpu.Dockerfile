# Environments and training on an NVIDIA GPU, with vLLM if wanted:
#
#   docker build -f docker/gpu.Dockerfile -t t2po-gym:gpu .
#   docker build -f docker/gpu.Dockerfile --build-arg WITH_VLLM=1 -t t2po-gym:gpu-vllm .
#   docker run --rm --gpus all t2po-gym:gpu check cuda
#
# CUDA's libraries come as packages with torch, so the base needs none; the driver comes from the
# host, through the NVIDIA container toolkit. Any builder will do. Pin the base by digest:
# --build-arg BASE=python:3.12-slim-bookworm@sha256:...
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

LABEL org.opencontainers.image.title="T2PO Gym, GPU" \
      org.opencontainers.image.description="Text environments for language agents, and training on NVIDIA GPUs" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="Apache-2.0"

ENV PATH=/opt/venv/bin:$PATH \
    HF_HOME=/var/cache/t2po-gym/huggingface \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1 \
    T2PO_GYM_CACHE=/var/cache/t2po-gym

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin gym \
 && install -d -o gym -g gym "$T2PO_GYM_CACHE" /app/runs \
 && python3 -m venv /opt/venv

# vLLM serves models to `t2po-gym eval --endpoint`. It is built for one release of torch and brings it
# along; without vLLM the release is TORCH. Triton compiles at run time and needs a C compiler.
ARG WITH_VLLM=0
ARG TORCH=torch==2.13.0
ARG VLLM=vllm==0.33.0
RUN case "$WITH_VLLM" in \
      0) pip install "$TORCH" ;; \
      1) apt-get update \
         && apt-get install -y --no-install-recommends gcc libc6-dev \
         && rm -rf /var/lib/apt/lists/* \
         && pip install "$VLLM" ;; \
      *) echo "WITH_VLLM is 0 or 1, not $WITH_VLLM" >&2; exit 1 ;; \
    esac

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
