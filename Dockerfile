# The push example on Ouvrier, in an image that holds PHP and the extension but no compiler:
#
#   docker build -t ouvrier .
#   docker run --rm -p 1234:1234 -p 127.0.0.1:5678:5678 ouvrier

FROM debian:bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential ca-certificates composer curl libclang-dev php-cli php-dev \
    && rm -rf /var/lib/apt/lists/*
RUN curl --proto '=https' --tlsv1.2 -sSf -o /tmp/rustup.sh https://sh.rustup.rs \
    && sh /tmp/rustup.sh -y --profile minimal
ENV PATH="/root/.cargo/bin:$PATH" COMPOSER_ALLOW_SUPERUSER=1
WORKDIR /ouvrier
COPY . .
# Built with a profile of itself under load, which serves faster: see scripts/pgo.
RUN scripts/pgo \
    && php -d extension="$PWD/target/pgo/libouvrier.so" /usr/bin/composer install --no-interaction --working-dir=examples/push \
    && install -D target/pgo/libouvrier.so "/image$(php-config --extension-dir)/ouvrier.so" \
    && mkdir -p /image/etc/php/8.2/cli/conf.d \
    && echo 'extension=ouvrier' >/image/etc/php/8.2/cli/conf.d/20-ouvrier.ini

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends php-cli \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image /
# The log and the pid file lie beside the script.
COPY --from=build --chown=www-data:www-data /ouvrier/examples/push /app
WORKDIR /app
USER www-data
# 1234 is for browsers. 5678 is for the back-end alone: whoever reaches it may push.
EXPOSE 1234 5678
CMD ["php", "push.php", "start"]
