#!/bin/sh
# Bring in Orthanc, the DICOM server that some tests talk to; without it those tests skip.
set -eu
cd "$(dirname "$0")/.."

if command -v Orthanc >/dev/null || [ -x /usr/sbin/Orthanc ]; then
    exit 0
fi
if ! tools/apt_install.sh orthanc orthanc-dicomweb; then
    echo '==> tests that need Orthanc will skip'
    exit 0
fi
# The tests start their own, on loopback; nobody asked for one that serves this machine's network.
if [ -d /run/systemd/system ]; then
    systemctl disable --quiet --now orthanc.service || true
fi
