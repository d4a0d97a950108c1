# The worker's image. Build: docker build --tag clipping-worker .   Without a Docker engine: infra/image/build-with-buildah.sh
# Node.js runs the TypeScript sources as they are, so there is no compile stage.
ARG NODE=docker.io/library/node:24-bookworm-slim

FROM ${NODE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY tools/local-node/package.json tools/local-node/
COPY tools/complete-lock.mjs tools/
# A lock written beside a registry that lacks other systems' packages is completed first, or npm ci refuses it.
# No install scripts: one would download an ffmpeg, another CUDA. Of onnxruntime only this platform's library stays, of
# MediaPipe only what Node.js loads, and source maps and type declarations serve no one here.
# A builder behind a proxy with certificates of its own passes them: --secret id=certificates,src=FILE
RUN --mount=type=secret,id=certificates \
  if [ -f /run/secrets/certificates ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/certificates; fi \
  && node tools/complete-lock.mjs \
  && npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && arch="$(node -p process.arch)" \
  && find node_modules/onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 ! -path "*/linux/$arch" -exec rm -r {} + \
  && rm -rf node_modules/ffmpeg-static \
  && find node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

# Debian's ffmpeg, with Debian's security fixes, but only the parts a job needs.
FROM ${NODE} AS ffmpeg
COPY infra/image/build-ffmpeg.sh .
RUN ./build-ffmpeg.sh /usr/local/bin/ffmpeg

FROM ${NODE} AS worker
RUN export DEBIAN_FRONTEND=noninteractive \
  && apt-get update \
  && apt-get upgrade --yes \
  && apt-get install --yes --no-install-recommends libdav1d6 tini \
  && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
COPY --from=ffmpeg /usr/local/bin/ffmpeg /usr/local/bin/
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY models/ ./models/
COPY src/ ./src/
COPY infra/image/health-check.mjs ./infra/image/
# Loads every network and compares its digest: an image with a damaged model, or without a working onnxruntime, is not built.
RUN node src/models-cli.ts verify

# All that is written goes here; on Fargate the volume takes its owner from the image.
RUN install --directory --owner=1000 --group=1000 --mode=0700 /scratch /app/compile-cache
VOLUME /scratch
ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1 TEMP_DIR=/scratch TMPDIR=/scratch
# glibc keeps fewer pools of freed memory, and gives large blocks back: the networks keep what they work in themselves.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=2097152 MALLOC_MMAP_THRESHOLD_=131072
# Room for young garbage, in each thread; V8's usual 16 MiB, three times over, stay taken after one busy moment.
ENV NODE_OPTIONS=--max-semi-space-size=2
USER 1000:1000
# Each thread and each child else strips the types of all sources by itself, with a compiler that takes 30 MB; here they lie ready to run.
ENV NODE_COMPILE_CACHE=/app/compile-cache
RUN node src/main.ts --help > /dev/null \
  && node --input-type=module --eval "await import('/app/src/pipeline/detection-thread.ts')" \
  && node src/media/demultiplexer-walk.ts src/media/self-test.mp4 1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["node", "infra/image/health-check.mjs"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "src/main.ts"]

ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="clipping-worker" \
  org.opencontainers.image.description="Takes video-detection jobs from SQS and writes who is where, when" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"

# The demo of compose.yaml: the emulator, the film and the webhook receiver, beside the worker's own sources.
FROM dependencies AS demo-dependencies
RUN --mount=type=secret,id=certificates \
  if [ -f /run/secrets/certificates ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/certificates; fi \
  && npm install --prefix /emulator --ignore-scripts --no-audit --no-fund "fauxqs@$(node -p 'require("./package.json").devDependencies.fauxqs')"

FROM worker AS demo
# The film is drawn with encoders, which no job needs.
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
ENV FFMPEG_PATH=/usr/bin/ffmpeg
USER 1000:1000
COPY demo/ ./demo/
COPY tools/emulator/ ./tools/emulator/
# Beside the emulator alone: the worker's own dependencies stay as they are.
COPY --from=demo-dependencies /emulator/node_modules ./tools/emulator/node_modules
CMD ["node", "demo/demo.ts", "--worker-url", "http://127.0.0.1:8000"]

# What a build without --target gives.
FROM worker
