# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For prove: what can be shown of a fix without running it, the machine "static".
#
# Out of the whole source of a kernel all fixes are taken that can be; in that
# form every file that the fixes change is compiled, with sparse, for every
# architecture. Then the series of patches that brings them in is applied, and
# after each patch the same is done with what it changed: neither compiler nor
# sparse may say anything new. A header asks for more:
#
#	Proof: static compile			no more than that
#	Proof: static sparse			sparse has one thing less to say
#	Proof: static symbol-gone NAME		only without it, the debug
#						information knows the name
#	Proof: static object-same		the object code does not change
#	Proof: static DIRECTORY/PROGRAM		a program of the selftests that looks
#						at the source observes the Defect
#						without it, and passes with it
#
# "... on CASE" is shown on that fixture, because no kernel at hand has the code.
# There the file proof.c includes the fixture's code and what that needs (headers
# that it includes lie beside proof.c):
#
#	Proof: static compile [ARCH] on CASE	with it, proof.c compiles without
#						a warning; without it too, unless
#						the fix has a Defect
#	Proof: static object-same on CASE	as above, of proof.c
#	Proof: static run on CASE		proof.c is a whole program, a test
#						like those in selftests
#
# Set by prove: here, tmp, O, VIRTFIX, KSRC, RELEASE; key() and result().

# shellcheck disable=SC2154
. "$here/kbuild.sh"
. "$here/fixture.sh"
. "$here/undo/undo.sh"

# static_proof FIX: what follows "static" in its Proof
static_proof()
{
	key "$1" Proof | tr ';' '\n' | sed -n 's/^ *static  *//p'
}

# static_fixture FIX: the fixture that it is shown on
static_fixture()
{
	static_proof "$1" | sed -n 's/.* on //p'
}

# static_series: the kernel at hand, as undo.sh calls it
static_series()
{
	jq -r .tree.version "$tmp/status.json" | cut -d . -f 1,2
}

# static_here FIX VERDICT: is it needed, or can it be taken out?
static_here()
{
	[ "$2" = needed ] || can_undo "$(static_series)" "$1" "$2"
}

# --- on a kernel -------------------------------------------------------------------

static_stage()
{
	rm -rf "$dir/stage"
	"$VIRTFIX" --build "$kb/virtfix" --fixes '' stage "$@"
}

# static_changed A B C: the files of B that are neither as in A nor as in C
static_changed()
{
	(cd "$2" && find . -type f ! -path './.virtfix/*') | sed 's,^\./,,' |
	while read -r f; do
		cmp -s "$1/$f" "$2/$f" || cmp -s "$3/$f" "$2/$f" || echo "$f"
	done
}

# static_warnings: what was said about the code, without where it stands
static_warnings()
{
	grep -E 'warning:|error:' | sed 's,^[^ ]*/\([^/: ]*\):[0-9:]* ,\1: ,' | sort -u
}

# static_compile FILE...: all that these files are compiled into; the warnings go
# to $dir/warnings
static_compile()
{
	kb_into "$@" | sort -u >"$dir/into"
	: >"$dir/all-said"
	if grep '^unknown' "$dir/into"; then
		echo "say in compile.conf what this is compiled into"
		return 1
	fi
	cut -d ' ' -f 1 "$dir/into" | sort -u >"$dir/arches"
	while read -r arch; do
		things=$(sed -n "s/^$arch //p" "$dir/into")
		case $arch in
		header | python)
			for f in $things; do
				kb_check "$arch" "$f" || return 1
			done ;;
		*)
			# shellcheck disable=SC2086
			kb_compile "$arch" 1 $things || return 1
			cat "$kb/said" >>"$dir/all-said" ;;
		esac
	done <"$dir/arches"
	static_warnings <"$dir/all-said" >"$dir/warnings"
}

# static_apply PATCH: in the source; its files are in $files
static_apply()
{
	rm -rf "$dir/R"
	for f in $files; do
		mkdir -p "$(dirname "$dir/R/$f")"
		[ ! -f "$kbsrc/$f" ] || cp "$kbsrc/$f" "$dir/R/$f"
	done
	patch -s -d "$dir/R" -p1 -F0 <"$1" || return 1
	# shellcheck disable=SC2086
	kb_put "$dir/R" $files
}

# static_names NAME: do the changed files' objects, with types and all else that
# nothing uses in the debug information, know that name?
static_names()
{
	# shellcheck disable=SC2086
	kb_into $files | sort -u >"$dir/into"
	while read -r arch object; do
		kbflags='-g -fno-eliminate-unused-debug-types'
		kb_compile "$arch" 0 "$object"
		compiled=$?
		kbflags=
		[ "$compiled" -eq 0 ] || return 2
		"$(kb_cross "$arch")readelf" --debug-dump=info "$kb/$arch/$object" \
			2>/dev/null >"$dir/names"
		[ -s "$dir/names" ] || { echo "$object has no debug information"; return 2; }
		! grep -q "DW_AT_name.*[[:space:]]$1\$" "$dir/names" || return 0
	done <"$dir/into"
	return 1
}

# static_without FIX: before its patch; says what is wrong
static_without()
{
	proof=$(static_proof "$1")
	case $proof in
	symbol-gone\ *)
		static_names "${proof#* }" || {
			echo "without it, the name ${proof#* } is not there either"
			return 1
		} ;;
	object-same)
		# shellcheck disable=SC2086
		kb_objects "$dir/objects" $files ;;
	*/*)
		static_observes "$1" "$here/selftests/$proof" "$kbsrc" ;;
	esac
}

# static_observes FIX PROGRAM [TREE]: without it, the program sees the defect
static_observes()
{
	fix=$1
	shift
	"$@" >"$dir/ktap" 2>&1
	case $?$(sed -n 's/^# observed://p' "$dir/ktap") in
	"1 $(key "$fix" Defect)") ;;
	*)
		echo "without it, ${1##*/} does not see the defect:"
		cat "$dir/ktap"
		return 1 ;;
	esac
}

# static_with FIX: after its patch; says what is wrong, or leaves in $shown what
# was shown beside that it compiles
static_with()
{
	proof=$(static_proof "$1")
	shown=
	case $proof in
	sparse)
		for f in $files; do
			grep "^${f##*/}: " "$dir/known"
		done | comm -23 - "$dir/warnings" >"$dir/gone"
		[ -s "$dir/gone" ] ||
			{ echo "sparse says what it said before"; return 1; }
		shown="sparse does not say any more: $(head -n 1 "$dir/gone")" ;;
	symbol-gone\ *)
		static_names "${proof#* }"
		[ $? -eq 1 ] || {
			echo "with it, the name ${proof#* } is still there"
			return 1
		}
		shown="the name ${proof#* } is gone" ;;
	object-same)
		# shellcheck disable=SC2086
		kb_objects "$dir/objects.with" $files || return 1
		diff -rq "$dir/objects" "$dir/objects.with" || return 1
		shown="the object code is the same" ;;
	*/*)
		"$here/selftests/$proof" "$kbsrc" 2>&1 || return 1
		shown="without it observed: $(key "$1" Defect); with it: passes" ;;
	esac
}

# static_step PATCH FIX: one of the series
static_step()
{
	files=$(sed -n 's,^+++ b/,,p' "$1")
	static_without "$2" || return 1
	static_apply "$1" || return 1
	# shellcheck disable=SC2086
	static_compile $files || return 1
	sed 's, .*/, ,' "$dir/into" | tr '\n' ',' |
		sed 's/,$//; s/,/, /g' >"$dir/what"
	comm -13 "$dir/known" "$dir/warnings" >"$dir/new"
	[ ! -s "$dir/new" ] || { echo "new warnings:"; cat "$dir/new"; return 1; }
	static_with "$2"
}

# static_round FIX...: those that can be undone and needed together; the rest is
# left in $dir/todo
static_round()
{
	undo=
	for fix; do
		[ "$(fact "$fix" verdict)" = needed ] || undo="$undo --undo $fix"
	done
	# Staged, the kernel's Makefiles are edited: that is no part of a fix.
	static_stage "$kbsrc" "$dir/stock" >/dev/null || return 1
	# shellcheck disable=SC2086
	static_stage $undo "$kbsrc" "$dir/B" >/dev/null || return 1
	undone=$(static_changed "$kbsrc" "$dir/B" "$dir/stock")
	# shellcheck disable=SC2086
	kb_put "$dir/B" $undone || return 1
	"$VIRTFIX" --build "$kb/virtfix" --fixes all status --json "$kbsrc" >"$dir/now"
	needed=
	: >"$dir/todo"
	for fix; do
		if jq -e --arg fix "$fix" 'any(.fixes[]; .fix == $fix and
				.verdict == "needed")' "$dir/now" >/dev/null; then
			needed="$needed $fix"
		else
			echo "$fix" >>"$dir/todo"
		fi
	done
	[ "$needed" ] || { echo "after the undo, status does not say needed"; return 1; }
	"$VIRTFIX" --build "$kb/virtfix" --fixes "$needed" patches "$kbsrc" \
		"$dir/series" >/dev/null || return 1
	files=$(sed -n 's,^+++ b/,,p' "$dir"/series/*.patch | sort -u |
		while read -r f; do [ ! -f "$kbsrc/$f" ] || echo "$f"; done)
	# shellcheck disable=SC2086
	static_compile $files $undone || return 1
	cp "$dir/warnings" "$dir/known"
}

# static_on_kernel FIX...: that are needed by the kernel at hand or can be undone
static_on_kernel()
{
	dir=$tmp/static
	mkdir -p "$dir"
	if ! kb_open "$(static_series)" "$KSRC" >"$dir/out" 2>&1; then
		for fix; do
			result fail "static $RELEASE $fix" "$(tail -n 1 "$dir/out")"
		done
		return
	fi
	printf '%s\n' "$@" >"$dir/todo"
	while [ -s "$dir/todo" ]; do
		# shellcheck disable=SC2046
		set -- $(cat "$dir/todo")
		progress "$RELEASE: compiling without the fixes"
		if ! static_round "$@" >"$dir/out" 2>&1; then
			for fix; do
				result fail "static $RELEASE $fix" \
					"cannot be shown: $(tr '\n' ' ' <"$dir/out")"
			done
			kb_back
			return
		fi
		# What stands alone is selected with what it needs.
		while read -r patch; do
			fix=${patch#virtfix-*-}
			fix=${fix%.patch}
			progress "$RELEASE: compiling with $fix"
			if ! static_step "$dir/series/$patch" "$fix" >"$dir/out" 2>&1; then
				result fail "static $RELEASE $fix" \
					"$(head -n 20 "$dir/out" | tr '\n' ' ')"
				continue
			fi
			case " $* " in
			*" $fix "*) result pass "static $RELEASE $fix" \
				"compiles: $(cat "$dir/what")${shown:+; $shown}" ;;
			esac
		done <"$dir/series/series"
		kb_back
	done
}

# --- on a fixture ------------------------------------------------------------------

# static_cc TREE ARCH OPTION... PROOF: compile a proof.c around that tree
static_cc()
{
	tree=$1
	compiler=$(kb_cross "$2")${HOSTCC:-gcc}
	[ "$2" = x86 ] || compiler=$(kb_cross "$2")gcc
	shift 2
	for file; do :; done
	"$compiler" -std=gnu11 -O2 -Wall -Werror -I "$tree" -I "$tree/lib" \
		-I "$tree/lib/x86" -I "${file%/*}" "$@"
}

# static_shown_on CASE FIX: says what is wrong, or leaves $shown
static_shown_on()
{
	rm -rf "$dir/without" "$dir/with" "$dir/stage"
	fixture "$2/$1" "$dir/without"
	cp -r "$dir/without" "$dir/with"
	static_stage --graft "$2" "$dir/without" "$dir/stage" >/dev/null || return 1
	cp -r "$dir/stage/." "$dir/with"
	set -- "$2" "$here/fixtures/$2/$1/proof.c"
	proof=$(static_proof "$1")
	proof=${proof% on *}
	arch=${proof#* }
	[ "$arch" != "$proof" ] || arch=x86
	case $proof in
	compile*)
		if [ "$(key "$1" Defect)" ]; then
			! static_cc "$dir/without" "$arch" -c -o "$dir/without.o" "$2" \
				>"$dir/cc" 2>&1 ||
				{ echo "without it, it compiles"; return 1; }
			shown="without it: $(grep -m 1 'error:' "$dir/cc" |
				sed 's/.*error: //'); with it: compiles"
			[ "$shown" ] || { cat "$dir/cc"; return 1; }
		else
			static_cc "$dir/without" "$arch" -c -o "$dir/without.o" "$2" ||
				return 1
			shown="with and without it, it compiles"
		fi
		static_cc "$dir/with" "$arch" -c -o "$dir/with.o" "$2" ;;
	object-same)
		for tree in without with; do
			static_cc "$dir/$tree" x86 -c -o "$dir/$tree.o" "$2" || return 1
		done
		cmp "$dir/without.o" "$dir/with.o" || return 1
		shown="the object code is the same" ;;
	run)
		for tree in without with; do
			static_cc "$dir/$tree" x86 -no-pie -o "$dir/$tree.run" "$2" ||
				return 1
		done
		static_observes "$1" "$dir/without.run" || return 1
		"$dir/with.run" || return 1
		shown="without it observed: $(key "$1" Defect); with it: passes" ;;
	*)
		echo "there is no static proof \"$proof\" on a fixture"
		return 1 ;;
	esac
}

# static_on_fixtures FIX...: that are shown there
static_on_fixtures()
{
	dir=$tmp/static
	kb=$tmp/static
	mkdir -p "$dir"
	for fix; do
		case=$(static_fixture "$fix")
		progress "the fixture $case of $fix"
		if static_shown_on "$case" "$fix" >"$dir/out" 2>&1; then
			result pass "static fixture $fix" "on $case: $shown"
		else
			result fail "static fixture $fix" \
				"on $case: $(head -n 20 "$dir/out" | tr '\n' ' ')"
		fi
	done
}
