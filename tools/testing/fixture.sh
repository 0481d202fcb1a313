# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Small trees for tests, made of the fixtures. Set where it is used: top.

# kernel DIR VERSION PATCHLEVEL SUBLEVEL: the top Makefile of a tree
kernel()
{
	mkdir -p "$1"
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\nEXTRAVERSION =\n' \
		"$2" "$3" "$4" >"$1/Makefile"
}

# fixture FIX/CASE DIR: a small kernel tree made of a fixture, or one of
# kvm-unit-tests, which bring their libcflat.h
fixture()
{
	mkdir -p "$2"
	# shellcheck disable=SC2154
	cp -r "$top/tools/testing/fixtures/$1/tree/." "$2"
	[ -e "$2/lib/libcflat.h" ] || kernel "$2" 5 0 0
}
