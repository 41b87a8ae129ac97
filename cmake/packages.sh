# shellcheck shell=sh
# Sourced by quickstart, check and install-packages.sh: which packages are wanted, which are missing.
# They set $here, this folder. Lists of words are echoed unquoted on purpose: one line of them.
# shellcheck disable=SC2154,SC2116,SC2086,SC2046,SC2005

packages_wanted() { # PART...
    for part in "$@"; do
        awk -v part="$part" '!/^#/ && $2 == part { print $1 }' "$here/debian-packages.txt"
    done
}

packages_missing() { # PART...
    for package in $(packages_wanted "$@"); do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || echo "$package"
    done
}

# Installs what is missing, as root or through sudo; a clear message when neither works.
packages_install() { # PART...
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "This is no Debian system (no apt-get). Install the equivalents of these and run again: $(echo $(packages_wanted "$@"))" >&2
        return 3
    fi
    lacking=$(packages_missing "$@")
    [ -n "$lacking" ] || return 0
    if [ "$(id -u)" -eq 0 ]; then
        "$here/install-packages.sh" "$@" && return 0
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$here/install-packages.sh" "$@" && return 0
    else
        echo "These packages are missing, and neither root nor sudo is at hand: $(echo $lacking)" >&2
        echo "Ask the administrator to run, as root: '$here/install-packages.sh' $*" >&2
        return 3
    fi
    lacking=$(packages_missing "$@")
    [ -n "$lacking" ] || lacking="none any more, but the installation ended with an error"
    echo "The packages could not all be installed (the reason stands above). Still missing: $(echo $lacking)" >&2
    return 3
}
