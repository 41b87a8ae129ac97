#!/bin/sh
# Installs Debian packages without letting any of them start or enable a service.
#   install-packages.sh PART...       parts of debian-packages.txt that are wanted
# Needs root (quickstart and check call it through sudo when they are not). Installs only what is missing.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=cmake/packages.sh
. "$here/packages.sh"

missing=$(packages_missing "$@")
[ -n "$missing" ] || exit 0
# shellcheck disable=SC2086 # a list of words
echo Installing: $missing

policy=/usr/sbin/policy-rc.d
kept=
# shellcheck disable=SC2317 # called by the trap
restore_policy() {
    rm -f "$policy"
    [ -z "$kept" ] || mv "$kept" "$policy"
}
# Maintainer scripts ask policy-rc.d before they start a service; an existing policy of the machine's owner is put back afterwards.
# What an earlier call put aside and could not put back (it was killed) is the owner's; the one in its place is ours.
if [ -e "$policy.sipreuse-kept" ] || [ -L "$policy.sipreuse-kept" ]; then
    kept="$policy.sipreuse-kept"
elif [ -e "$policy" ] || [ -L "$policy" ]; then
    kept="$policy.sipreuse-kept"
    mv "$policy" "$kept"
fi
trap restore_policy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

before=$(dpkg-query -W -f='${Package}\n' | sort)
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
status=0
# A machine that has just been set up may be busy with its own updates: wait for them. What was installed before a failure
# must not stay enabled either, so the end comes later.
# shellcheck disable=SC2086 # a list of words
apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 $missing || status=$?

# policy-rc.d keeps services from starting now, not from being enabled for the next boot.
after=$(dpkg-query -W -f='${Package}\n' | sort)
fresh=$(printf '%s\n%s\n' "$before" "$after" | sort | uniq -u)
for package in $fresh; do
    for file in $(dpkg -L "$package" 2>/dev/null | grep -E '^(/usr)?/lib/systemd/system/[^/]+\.(service|socket|timer)$|^/etc/init\.d/[^/]+$' || true); do
        name=$(basename "$file")
        case $file in
            /etc/init.d/*) [ ! -x /usr/sbin/update-rc.d ] || update-rc.d "$name" disable >/dev/null 2>&1 || true ;;
            *) [ ! -x /usr/bin/deb-systemd-helper ] || deb-systemd-helper disable "$name" >/dev/null 2>&1 || true ;;
        esac
    done
done
exit "$status"
