# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034
#
# For the tests: out of which kernels a fix can be taken.

# What solved it otherwise is undone where the old shape can be brought back
# without another defect; the undo of each fix says why elsewhere it cannot.
superseded='6.1/nvmx-eptp-tlb-flush'
superseded="$superseded 5.10/ept-cr4-pae 5.10/nvmx-eptp-tlb-flush"

# What upstream wrote otherwise, with the same interface.
otherwise='6.1/exception-payload 5.10/exception-payload'

# can_undo SERIES FIX VERDICT: $other says in what way our change differs by
# design from what was undone, or nothing
can_undo()
{
	other=
	case "$3 $superseded " in
	"superseded "*" $1/$2 "*)
		other="another solution"
		return 0 ;;
	esac
	case " $otherwise " in
	*" $1/$2 "*) other="code of its own" ;;
	esac
	# Behind the pointer are several MMUs by now: there is no way back.
	[ "$3" = carried ] && [ "$2" != mmu-pointer ]
}
