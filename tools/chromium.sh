#!/bin/sh
# Bring in Chromium, in which the tests of the page run; without it those tests skip.
set -eu
cd "$(dirname "$0")/.."

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        exit 0
    fi
done
if ! tools/apt_install.sh chromium; then
    echo '==> tests that need Chromium will skip'
fi
