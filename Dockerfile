# One image, both programs: the bot (default) and the worker host (command: node dist/workers/main.js).

FROM node:24-bookworm-slim AS build
WORKDIR /orch
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node scripts/build.ts
RUN npm prune --omit=dev --omit=optional

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates git socat tini tmux ucspi-tcp \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /var/lib/orch/bot /var/lib/orch/history && chmod 700 /var/lib/orch/* && chown -R node:node /var/lib/orch
WORKDIR /orch
COPY --from=build /orch/package.json /orch/app.yml ./
COPY --from=build /orch/bin bin
COPY --from=build /orch/node_modules node_modules
COPY --from=build /orch/dist dist
RUN ln -s /orch/bin/orch.js /usr/local/bin/orch
# Small heaps: both programs hold little, and an early collection keeps the whole system below 200 MB.
ENV NODE_OPTIONS="--max-semi-space-size=2 --max-old-space-size=192" MALLOC_MMAP_THRESHOLD_=32768
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 ORCH_DATA=/var/lib/orch
USER node
VOLUME /var/lib/orch
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD node -e "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"
# tini reaps what an ended session leaves behind; Node as process 1 would not.
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/src/main.js"]
