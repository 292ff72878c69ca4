#!/bin/sh
# Compiles service.exe and client.exe into the folder given; exit code 77 when there is no Mono compiler.
set -eu
if [ $# -ne 1 ]; then
    echo "usage: build.sh OUTPUT-FOLDER" >&2
    exit 2
fi
if ! command -v mcs >/dev/null 2>&1 || ! command -v mono >/dev/null 2>&1; then
    echo "build.sh: mcs and mono are needed (packages: see packages.txt)" >&2
    exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
references="-r:System.ServiceModel -r:System.Runtime.Serialization"
mcs -nologo -langversion:7 -warnaserror $references -out:"$1/service.exe" \
    "$here/Contract.cs" "$here/Auth.cs" "$here/Values.cs" "$here/Erp.cs" "$here/Service.cs" "$here/Guard.cs" "$here/Host.cs"
mcs -nologo -langversion:7 -warnaserror $references -out:"$1/client.exe" \
    "$here/Contract.cs" "$here/Client.cs"
