# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034
# What the scripts of this folder share: messages, and getting what is missing on the machine.
# Sourced, never run.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n== %s\n' "$*" >&2; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 2
}

# The Debian packages that building needs.
build_packages=(libssl-dev libnghttp2-dev libsqlite3-dev zlib1g-dev pkg-config)

# What the tests ask the gateway with, and put behind it.
test_packages=(apache2-bin curl git iproute2 litmus nghttp2-client nghttp2-server nginx openssl rclone
    shellcheck)

# What the benchmarks set the gateway beside, and load it by.
bench_packages=("${build_packages[@]}" haproxy nghttp2-client nginx openssl wrk)

# How the binary that is shipped is built: one file without Swift's libraries beside it, which takes
# none for a library that lies beside it ($ORIGIN) either, and without the run-time checks of
# exclusive access, which the tests run with (docs/decisions/0012).
release_flags=(-c release --static-swift-stdlib --disable-local-rpath
    -Xswiftc -enforce-exclusivity=unchecked)

# How often each piece of code runs when the gateway works, as scripts/profile counted it; and what
# stands in it for the folder of the build.
profile=$root/Benchmarks/ocmgate.proftext
profile_folder=@BUILD@

# literally TEXT: what stands for just that in sed, between signs of #, as a pattern and as what takes its place.
literally() { printf '%s' "$1" | sed 's/[][\\.*^$#&]/\\&/g'; }

# find_profdata: sets $profdata to the llvm-profdata of the Swift toolchain, whose format is that of its
# compiler; another one's may not be. Fails when there is none.
find_profdata() {
    local resources
    resources=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
    profdata=${resources%/lib/swift*}/bin/llvm-profdata
    [ -x "$profdata" ]
}

# take_profile: adds to $release_flags that the compiler lays out code by the profile. The file's name
# has the sum of what it is made of, so that another profile, folder or compiler is another build.
take_profile() {
    local folder taken work
    if ! find_profdata; then
        say "the Swift toolchain has no llvm-profdata: built without a profile, which costs speed"
        return 0
    fi
    folder=$(swift build "${release_flags[@]}" --show-bin-path)
    mkdir -p "$root/.build"
    taken=$root/.build/$({ printf '%s\n' "$folder" && swift --version 2>/dev/null && cat "$profile"; } \
        | cksum | cut -d ' ' -f 1).profdata
    if [ ! -e "$taken" ]; then
        # In a folder of its own, since two builds may begin at once. And from a file: of what
        # llvm-profdata reads from a pipe it takes nothing, and says nothing.
        work=$(mktemp -d "$root/.build/profile.XXXXXX")
        sed "s#^$profile_folder/#$(literally "$folder")/#" "$profile" >"$work/text"
        "$profdata" merge -o "$work/profdata" "$work/text"
        mv -f "$work/profdata" "$taken"
        rm -rf "$work"
    fi
    release_flags+=(-Xswiftc -Xfrontend -Xswiftc "-ir-profile-use=$taken")
}

# build_release PRODUCT...: builds them, and sets $release to the folder they are in.
build_release() {
    local product
    take_profile
    say "building $* (release; some minutes the first time)"
    for product in "$@"; do swift build "${release_flags[@]}" --product "$product" >&2; done
    release=$(swift build "${release_flags[@]}" --show-bin-path)
}

# unit_tests [OPTION...]: of a build that is there, with the options that it was built with. In parts,
# one after the other: what has sockets and limits of time does not wait for a turn behind a hundred
# properties that only compute. All parts run; fails when one does. Work that is handed to an event loop which
# has ended is a crash, not a line of SwiftNIO's.
unit_tests() {
    local part failed=0
    for part in '--filter ^TransportTests\.' '--filter ^GatewayTests\.' \
        '--skip ^(Transport|Gateway)Tests\.'; do
        # shellcheck disable=SC2086
        SWIFTNIO_STRICT=1 swift test "$@" --skip-build $part || failed=1
    done
    return $failed
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need_packages NAME...: installs those that are missing, and none that are there.
need_packages() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "not a Debian system: these packages, or their like, must be there: $*"
        return 0
    fi
    for package in "$@"; do
        if ! is_installed "$package"; then missing+=("$package"); fi
    done
    if [ ${#missing[@]} -eq 0 ]; then return 0; fi

    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            as_root=(sudo)
        else
            fail "these Debian packages are missing and this user may not install them;" \
                "as root: apt-get install --no-install-recommends ${missing[*]}"
        fi
    fi
    say "installing Debian packages: ${missing[*]}"
    # A package of a server starts it when it is installed. We want the program alone.
    "${as_root[@]}" sh -ec '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap "rm -f $policy" EXIT
            trap "exit 130" HUP INT TERM
            printf "#!/bin/sh\nexit 101\n" >$policy
            chmod 0755 $policy
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
    ' sh "${missing[@]}" >&2
}

need_swift() {
    if ! command -v swift >/dev/null; then
        fail "Swift 6.3 or newer is needed (https://www.swift.org/install); 'swift' is not in PATH"
    fi
    local said version major minor
    if ! said=$(swift --version 2>&1); then
        fail "'swift' does not run; the packages it needs are named at https://www.swift.org/install: $said"
    fi
    version=$(sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' <<<"$said" | head -n 1)
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    if [ -z "$version" ] || [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 3 ]; }; then
        fail "Swift 6.3 or newer is needed; this one is ${version:-of unknown version}"
    fi
}

# need_venv FOLDER REQUIREMENTS: makes a Python environment with the pinned packages of that file, once
# for each state of it, and sets $interpreter to its interpreter.
need_venv() {
    local venv=$1 wanted=$2 stamp made_by
    stamp=$(sha256sum "$wanted")
    interpreter=$venv/bin/python
    if [ -x "$interpreter" ] && [ "$(cat "$venv/stamp" 2>/dev/null)" = "$stamp" ]; then return 0; fi

    say "Python environment in ${venv#"$root/"}"
    rm -rf "$venv"
    made_by=python3
    if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
        || ! python3 -m venv "$venv" >/dev/null 2>&1; then
        rm -rf "$venv"
        need_packages python3 python3-venv
        made_by=/usr/bin/python3
        "$made_by" -m venv "$venv"
    fi
    "$interpreter" -m pip install --quiet --disable-pip-version-check --no-input -r "$wanted" >&2
    printf '%s\n' "$stamp" >"$venv/stamp"
}

# need_python: the environment of the tests; sets $python to its interpreter.
need_python() {
    need_venv "$root/.venv" "$root/Tests/requirements.txt"
    python=$interpreter
}

# need_sslyze: the scanner in an environment of its own; sets $SSLYZE, which the tests read.
need_sslyze() {
    need_venv "$root/.venv/sslyze" "$root/Tests/requirements-sslyze.txt"
    export SSLYZE=$root/.venv/sslyze/bin/sslyze
}
