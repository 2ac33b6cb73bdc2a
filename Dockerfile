# The proxy and the KMS engine with SoftHSM2 and OpenSC, as a user without privileges. Nothing secret is in the image: mount the
# configuration at /etc/portcullis/portcullis.yaml, and what it names (PINs, certificates, tokens) beside it.
#
#   docker build -t portcullis .
#   docker run -v /srv/portcullis:/etc/portcullis:ro -v portcullis-state:/var/lib/portcullis -p 8080:8080 portcullis
#
# The demo, whose engine lets everybody in, needs a word for leaving loopback, and says so when it starts:
#
#   docker run -p 127.0.0.1:8080:8080 -p 127.0.0.1:4599:4599 portcullis demo --danger-host 0.0.0.0
#
# In a container, `proxy.host` has to be 0.0.0.0 (with TLS, or dangerPlainHttp behind a load balancer), and
# `stateDir` below /var/lib/portcullis. The health check asks the metrics listener; PORTCULLIS_HEALTH_URL moves it.

FROM node:26-bookworm-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 make g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund
RUN npm_config_nodedir="$(echo "$PWD"/node_modules/node-linux-*)" npm rebuild pkcs11js
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && ln -sf "../$(basename node_modules/node-linux-*)/bin/node" node_modules/.bin/node

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends softhsm2 opensc ca-certificates \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --create-home --home-dir /var/lib/portcullis --shell /usr/sbin/nologin portcullis \
 && chmod 0700 /var/lib/portcullis
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
ENV PATH=/app/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production
USER 10001:10001
WORKDIR /var/lib/portcullis
EXPOSE 4599 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.PORTCULLIS_HEALTH_URL || 'http://127.0.0.1:9090/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/portcullis.js"]
CMD ["proxy", "--config", "/etc/portcullis/portcullis.yaml"]
