# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For the tests that compile a kernel's own objects, with other forms of some of
# its files put in their place. compile.conf says what is unpacked, configured
# and compiled. All is kept in O/compile/SERIES: src, the source; orig, what
# stands elsewhere in src than it was; and one directory for each architecture.
#
# Set by kb_open: kb, that directory, and kbsrc, the source. kbflags may be set to
# more words for the compiler.

# shellcheck disable=SC2154
kbconf=$top/tools/testing/compile.conf
kbjobs=$(getconf _NPROCESSORS_ONLN)
kbflags=

# kb_conf KIND [ARCH]: the words of all lines of that kind
kb_conf()
{
	sed -n "s/^$1 ${2:+$2 }//p" "$kbconf"
}

# kb_arches: the architectures
kb_arches()
{
	kb_conf arch | sed 's/ .*//'
}

kb_cross()
{
	kb_conf arch "$1" | sed 's/^-$//'
}

# What of the tarball, whose members begin with $1, is unpacked
kb_parts()
{
	printf '%s\n' Makefile Kbuild Kconfig '*/Makefile*' '*/Kconfig*' '*/Kbuild*'
	{
		kb_conf source
		for d in arch drivers tools/kvm virt; do
			grep -rhs '^// Scope:' "$top/$d" | sed 's/^[^:]*://'
		done
	} | tr -s ' ' '\n' | sort -u
}

# kb_identity KSRC: what tells whether a source changed
kb_identity()
{
	if [ -d "$1" ]; then
		find "$1" -name .git -prune -o -type f -printf '%p %s %T@\n' | sort
	else
		cat "$1"
	fi | sha256sum
}

# kb_open SERIES KSRC: the source as the tarball or the directory has it; until
# kb_close, or the end of this script, no other one that asks so gets any
kb_open()
{
	mkdir -p "$O/compile"
	exec 8>"$O/compile/lock"
	flock 8
	kb=$O/compile/$1
	kbsrc=$kb/src
	kbkey=$({ kb_identity "$2" && kb_parts; } | sha256sum)
	if [ "$(cat "$kb/key" 2>/dev/null)" = "$kbkey" ]; then
		kb_back
		return
	fi
	rm -rf "$kb"
	mkdir -p "$kb/new" "$kb/orig"
	# What a kernel of another time does not have is no matter.
	if [ -d "$2" ]; then
		kb_parts | sed 's,^,./,' >"$kb/parts"
		tar -C "$2" --exclude=.git -cf - . |
			tar -xf - -C "$kb/new" --wildcards -T "$kb/parts" \
			2>"$kb/err"
	else
		kbfirst=$(tar -tf "$2" 2>/dev/null | head -n 1)
		kb_parts | sed "s,^,${kbfirst%%/*}/," >"$kb/parts"
		tar -xf "$2" -C "$kb/new" --strip-components=1 --wildcards \
			-T "$kb/parts" 2>"$kb/err"
	fi
	if grep -v 'Not found in archive\|Exiting with failure' "$kb/err" ||
	   ! [ -f "$kb/new/Makefile" ]; then
		return 1
	fi
	mv "$kb/new" "$kbsrc"
	echo "$kbkey" >"$kb/key"
}

kb_close()
{
	exec 8>&-
}

# kb_put DIR FILE...: these files as DIR has them
kb_put()
{
	kbdir=$1
	shift
	for f; do
		if [ ! -e "$kbsrc/$f" ]; then
			echo "$f" >>"$kb/added"
		elif [ ! -e "$kb/orig/$f" ]; then
			mkdir -p "$(dirname "$kb/orig/$f")"
			cp "$kbsrc/$f" "$kb/orig.tmp" || return 1
			mv "$kb/orig.tmp" "$kb/orig/$f" || return 1
		fi
		mkdir -p "$(dirname "$kbsrc/$f")"
		cmp -s "$kbdir/$f" "$kbsrc/$f" || cp "$kbdir/$f" "$kbsrc/$f" ||
			return 1
	done
}

# kb_back: every file as it was
kb_back()
{
	(cd "$kb/orig" && find . -type f) | while read -r f; do
		cp "$kb/orig/$f" "$kbsrc/$f" && rm "$kb/orig/$f" || return 1
	done || return 1
	[ ! -f "$kb/added" ] || while read -r f; do
		rm -f "$kbsrc/$f"
	done <"$kb/added"
	rm -f "$kb/added"
}

# kb_run ARCH WORD...: make in the directory of an architecture
kb_run()
{
	kbarch=$1
	shift
	make -C "$kbsrc" O="$kb/$kbarch" ARCH="$kbarch" \
		CROSS_COMPILE="$(kb_cross "$kbarch")" -j"$kbjobs" "$@" 2>&1
}

# kb_config ARCH: configured; says what is wrong
kb_config()
{
	kbkey=$({ cat "$kb/key" && kb_conf config "$1" && "$(kb_cross "$1")gcc" --version; } |
		sha256sum)
	[ "$(cat "$kb/$1/key" 2>/dev/null)" != "$kbkey" ] || return 0
	rm -rf "${kb:?}/$1"
	mkdir -p "$kb/$1"
	kb_conf config "$1" | tr -s ' ' '\n' | sed 's/^/CONFIG_/' >"$kb/$1/wanted"
	kb_run "$1" -s KCONFIG_ALLCONFIG="$kb/$1/wanted" allnoconfig || return 1
	kbmissing=
	while IFS='=' read -r symbol value; do
		grep -q "^$symbol=$value$" "$kb/$1/.config" ||
			! grep -rqs --include='Kconfig*' -E \
				"^\s*(menu)?config ${symbol#CONFIG_}$" "$kbsrc" ||
			kbmissing="$kbmissing $symbol=$value"
	done <"$kb/$1/wanted"
	[ -z "$kbmissing" ] || { echo "cannot be configured:$kbmissing"; return 1; }
	echo "$kbkey" >"$kb/$1/key"
}

# kb_into FILE...: what these files are compiled into, as lines "ARCH OBJECT";
# "header FILE" and "python FILE" for what has no object, "unknown FILE" for what
# the table does not know
kb_into()
{
	for f; do
		kbfits=
		while read -r pattern arch objects; do
			[ "${kbfits:-$pattern}" = "$pattern" ] || break
			# shellcheck disable=SC2254
			case $f in
			$pattern) ;;
			*) continue ;;
			esac
			kbfits=$pattern
			for o in $objects; do
				case $o in
				-) ;;
				header | python) echo "$o $f" ;;
				*) echo "$arch $o" | sed "s,%,${f%.*}," ;;
				esac
			done
		done <<-END
			$(kb_conf into)
		END
		[ "$kbfits" ] || echo "unknown $f"
	done
}

# kb_learn ARCH OBJECT...: how make has them compiled and looked at by sparse, once
# for each. It takes several times as long to find that out as a compiler for one
# object. What make generates of headers (asm-offsets.h) is not made again later.
kb_learn()
{
	kbarch=$1
	shift
	kbnew=
	for o; do
		[ ! -f "$kb/$kbarch/commands/$o" ] || continue
		kbnew="$kbnew $o"
		rm -f "$kb/$kbarch/$o"
	done
	[ "$kbnew" ] || return 0
	# drivers/s390 is asked twice for an object, by drivers and by the
	# architecture: not at once, or one takes it while the other writes it.
	kbmany=$kbjobs
	case "$kbnew" in
	*" drivers/s390/"*) kbmany=1 ;;
	esac
	# The status says too little: what is asked twice knows it once.
	# shellcheck disable=SC2086
	kb_run "$kbarch" -j"$kbmany" -Otarget -k V=1 C=1 \
		CHECK="sparse -fmax-warnings=unlimited" $kbnew >"$kb/said"
	for o in $kbnew; do
		kbcompile=$(grep -F -m 1 -e " -c -o $o " "$kb/said")
		if [ -z "$kbcompile" ] || [ ! -f "$kb/$kbarch/$o" ]; then
			kb_failed "$o"
			return 1
		fi
		kbof=${kbcompile#*" -c -o $o "}
		kbof=${kbof%% *}
		mkdir -p "$(dirname "$kb/$kbarch/commands/$o")"
		# Of assembly there is nothing to look at.
		if ! grep '^ *sparse ' "$kb/said" | grep -F -m 1 -e " $kbof" \
			>"$kb/$kbarch/commands/$o.check" && [ "$kbof" = "${kbof%.S}" ]; then
			echo "$kbarch: sparse does not look at $kbof"
			return 1
		fi
		{
			echo "${kbcompile%%" -c -o "*} \$kbflags -c -o ${kbcompile#*" -c -o "}"
			# Older kernels have a line of its own for objtool.
			grep '^ *\./tools/objtool/objtool ' "$kb/said" | grep -F -m 1 -e " $o"
		} >"$kb/$kbarch/commands/$o.new"
		mv "$kb/$kbarch/commands/$o.new" "$kb/$kbarch/commands/$o"
	done
}

# kb_failed OBJECT: why it is not there
kb_failed()
{
	echo "$kbarch: $1 is not compiled"
	grep -E -A 5 'error:|No rule to make' "$kb/said" | head -n 40 | grep . ||
		tail -n 10 "$kb/said"
}

# kb_compile ARCH C OBJECT...: anew, with C=1 under sparse too; what the compiler
# and sparse say is in kb/said. Fails, with a message, where an object does not
# come into being.
kb_compile()
{
	kb_config "$1" || return 1
	kbarch=$1
	kbcheck=$2
	shift 2
	kb_learn "$kbarch" "$@" || return 1
	for o; do
		rm -f "$kb/$kbarch/$o"
	done
	export kbcheck kbflags
	# In a shell of its own, whose variables these are.
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | (cd "$kb/$kbarch" && xargs -P "$kbjobs" -n 1 sh -c '
		{
			{ [ "$kbcheck" = 0 ] || . "./commands/$1.check"; } &&
				. "./commands/$1" || rm -f "$1"
		} >"commands/$1.said" 2>&1' sh)
	for o; do
		cat "$kb/$kbarch/commands/$o.said"
	done >"$kb/said"
	for o; do
		[ -f "$kb/$kbarch/$o" ] || { kb_failed "$o"; return 1; }
	done
}

# kb_check header|python FILE: what has no object of its own
kb_check()
{
	case $1 in
	header)
		kb_config x86 && kb_run x86 -s headers || return 1
		set -- "${2#*include/uapi/}" "${2%%/include/uapi/*}"
		# The copies below tools/ are for the kernel's own programs.
		case $2 in
		tools*) set -- "$1" -std=gnu11 -I "$kbsrc/$2/include/uapi" \
				-I "$kbsrc/tools/arch/x86/include/uapi" \
				-I "$kbsrc/tools/include" ;;
		*) set -- "$1" -std=c90 ;;
		esac
		header=$1
		shift
		echo "#include <$header>" |
			"${HOSTCC:-gcc}" -Wall -Wextra -Werror -fsyntax-only \
			"$@" -I "$kb/x86/usr/include" -x c - 2>&1 ;;
	python)
		python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' \
			"$kbsrc/$2" 2>&1 ;;
	esac
}

# kb_objects DIR FILE...: all that these files are compiled into, as they are in
# the source now, without what only says where in the text a line stood; what has
# no object is the file itself
kb_objects()
{
	kbto=$1
	shift
	rm -rf "$kbto"
	kb_into "$@" | sort -u >"$kb/into"
	while read -r kbkind kbthing; do
		mkdir -p "$(dirname "$kbto/$kbkind/$kbthing")"
		case $kbkind in
		unknown)
			echo "say in compile.conf what $kbthing is compiled into"
			return 1 ;;
		header | python)
			kb_check "$kbkind" "$kbthing" || return 1
			cp "$kbsrc/$kbthing" "$kbto/$kbkind/$kbthing" ;;
		*)
			kb_compile "$kbkind" 0 "$kbthing" || return 1
			"$(kb_cross "$kbkind")objcopy" --strip-debug -R __bug_table \
				-R .rela__bug_table "$kb/$kbkind/$kbthing" \
				"$kbto/$kbkind/$kbthing" ;;
		esac
	done <"$kb/into"
}
