# The worker for NVIDIA GPUs: serve embedder with POLYSEME_DEVICE=cuda. It needs the NVIDIA container toolkit and a driver for
# CUDA 12 (525 or later) on the host; linux/amd64 only, as onnxruntime's CUDA provider is.
# Build from the repository root: docker build -f infra/docker/embedder.gpu.Dockerfile -t polyseme-gpu .

FROM node:24-slim AS node

# Only what decides which packages are installed, so that a change of source code alone reuses the installed ones.
FROM node AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY infra/npm infra/npm
COPY packages packages
COPY services services
RUN find packages services -type f ! -path "*/package.json" -delete \
  && find packages services -type d -empty -delete \
  && mkdir -p packages/cli/bin && touch packages/cli/bin/polyseme.mjs

FROM node AS packages
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev --no-audit --no-fund
# The one place where onnxruntime's install script may run: it fetches the CUDA provider of the very version installed.
# The environment wins over what .npmrc says to npm. TensorRT's provider comes along and is not used.
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js \
  && rm node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_tensorrt.so \
  && test -s node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so

# CUDA 12 and cuDNN 9, which that provider is linked against. Its C library is newer than the one that Node was built for.
FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04
COPY --from=node /usr/local/bin/node /usr/local/bin/node
ENV NODE_ENV=production \
  # Two heaps of glibc's, not one a thread: 40 MB less at the same speed.
  MALLOC_ARENA_MAX=2 \
  POLYSEME_DEVICE=cuda \
  NVIDIA_VISIBLE_DEVICES=all \
  NVIDIA_DRIVER_CAPABILITIES=compute,utility \
  # The root file system may be read-only.
  CUDA_CACHE_PATH=/tmp/cuda-cache
WORKDIR /app
COPY --from=packages /app ./
COPY tsconfig.base.json tsconfig.json ./
COPY models models
COPY packages packages
COPY services services

# Reports alive once the service listens; the first start may have to make a model file for the GPU.
HEALTHCHECK --interval=10s --timeout=5s --start-period=300s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.POLYSEME_PORT ?? 8080}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# The files stay root's: the service can read its own code, not change it.
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["node", "packages/cli/bin/polyseme.mjs"]
CMD ["serve", "embedder"]
