# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For the test scripts: results as TAP lines, which tools/testing/check counts.
# From the environment: O (build directory) and VIRTFIX (the engine).

LC_ALL=C
export LC_ALL
: "${O:?is set by make check}" "${VIRTFIX:?is set by make check}"
top=$(cd "$(dirname "$0")/../../.." && pwd)

# Where this script may write; gone when it ends.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/virtfix-test.XXXXXX") || exit 3
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM

pass()
{
	echo "ok - $1"
}

# fail NAME [WHY...]: the why goes below, as a comment
fail()
{
	echo "not ok - $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

skip()
{
	echo "ok - $1 # SKIP $2"
}

# try NAME COMMAND...: passes when the command does; its output is the why
try()
{
	name=$1
	shift
	if why=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name" "$why"
	fi
}

# virtfix in a build directory of the test's own
build=$tmp/build
vf()
{
	"$VIRTFIX" --build "$build" "$@"
}

. "$top/tools/testing/fixture.sh"

# pristine KSRC DIR PATH...: parts of a source tarball, as they are
pristine()
{
	ksrc=$1
	dest=$2
	shift 2
	mkdir -p "$dest"
	first=$(tar -tf "$ksrc" 2>/dev/null | head -n 1)
	printf '%s\n' "$@" | sed "s,^,${first%%/*}/," >"$tmp/parts"
	tar -xf "$ksrc" -C "$dest" --strip-components=1 -T "$tmp/parts"
}

# own_selftests KSRC VERSION: build the kernel's own selftests, once for each
# source, whichever test asks first; leaves in $own where they are
own_selftests()
{
	own=$O/selftests/$2
	mkdir -p "$O/selftests"
	(
		flock 9
		[ ! -f "$own/done" ] || exit 0
		"$top/tools/testing/selftests/kernel/build" "$1" "$own" || exit 1
		rm -rf "$own/src"
		: >"$own/done"
	) 9>"$own.lock"
}

# proofs MACHINE: all that are run in it. Their mutants take as long again, and are
# left to "make prove MUTANTS=1".
proofs()
{
	{
		"$top/tools/testing/prove" -m "$1"
		echo $? >"$tmp/status"
	} | grep -v ' passed, .* skipped$'
	status=$(cat "$tmp/status")
	[ "$status" -le 1 ] || fail "prove comes to its end" "exit status $status"
}
