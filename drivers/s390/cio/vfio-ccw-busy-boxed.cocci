// SPDX-License-Identifier: GPL-2.0-only
/// vfio: ccw: merge the BUSY and BOXED states
///
/// A subchannel is in VFIO_CCW_STATE_BOXED while the driver builds its
/// channel program and in VFIO_CCW_STATE_BUSY while the hardware runs it.
/// The state machine does the same in both, whatever happens: the two rows
/// of its table are equal. A reader looks for a difference that is not
/// there, and each change to one row must be made to the other.
///
/// Keep VFIO_CCW_STATE_BUSY alone. Nothing outside the driver sees the
/// states' numbers, and within it nothing asks for one of the two; where a
/// kernel does, or where its rows differ, the states must stay apart.
///
/// The proof sends requests to a subchannel in each state and compares the
/// replies, and sees that one of the states is gone.
// Nr: 03
// Kind: cleanup
// Upstream: v5.0
// Originally-by: Pierre Morel <pmorel@linux.ibm.com>
// Scope: drivers/s390/cio
// Anchors: vfio_ccw_jumptable vfio_ccw_state
// Context: VFIO_CCW_STATE_BOXED VFIO_CCW_STATE_BUSY VFIO_CCW_STATE_CP_PROCESSING VFIO_CCW_STATE_CP_PENDING
// Modules: vfio_ccw
// Abi: none
// Proof: s390x vfio/ccw_busy
// Defect: boxed-state
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

// The states ...

@boxed@
identifier e;
position p;
@@
 enum e@p { ..., VFIO_CCW_STATE_BOXED, ... };

@busy@
identifier e;
position p;
@@
 enum e@p { ..., VFIO_CCW_STATE_BUSY, ... };

@later@
identifier e;
position p;
@@
 enum e@p { ..., VFIO_CCW_STATE_CP_PROCESSING, ..., VFIO_CCW_STATE_CP_PENDING, ... };

// ... and their rows in the table.

@boxed_row@
identifier t;
typedef fsm_func_t;
initializer row;
position p;
@@
 fsm_func_t *t@p[...][...] = { ..., [VFIO_CCW_STATE_BOXED] = row, ... };

@same@
identifier t;
initializer boxed_row.row;
@@
 fsm_func_t *t[...][...] = { ..., [VFIO_CCW_STATE_BUSY] = row, ... };

// The same, too, if every event is answered alike in another order.

@alike@
identifier t, ev, f;
position p, q;
@@
 fsm_func_t *t[...][...] = { ...,
	[VFIO_CCW_STATE_BOXED] = { ..., [ev@p] = f, ... }, ...,
	[VFIO_CCW_STATE_BUSY] = { ..., [ev@q] = f, ... },
 ... };

@alone@
identifier t, ev;
expression f;
position p != {alike.p, alike.q};
@@
(
 fsm_func_t *t[...][...] = { ..., [VFIO_CCW_STATE_BOXED] = { ..., [ev@p] = f, ... }, ... };
|
 fsm_func_t *t[...][...] = { ..., [VFIO_CCW_STATE_BUSY] = { ..., [ev@p] = f, ... }, ... };
)

@busy_row@
identifier t;
initializer row;
@@
 fsm_func_t *t[...][...] = { ..., [VFIO_CCW_STATE_BUSY] = row, ... };

@later_row@
identifier t;
initializer row;
@@
 fsm_func_t *t[...][...] = { ..., [VFIO_CCW_STATE_CP_PENDING] = row, ... };

// An event that is answered differently.

@boxed_event@
identifier t, ev, f;
@@
 fsm_func_t *t[...][...] = { ..., [VFIO_CCW_STATE_BOXED] = { ..., [ev] = f, ... }, ... };

@differ@
identifier t, boxed_event.ev;
identifier f != boxed_event.f;
position p;
@@
 fsm_func_t *t@p[...][...] = { ..., [VFIO_CCW_STATE_BUSY] = { ..., [ev] = f, ... }, ... };

// What is done with the states: set one, that is all. Nothing may ask
// which one it is.

@assigned@
expression E;
position p;
@@
(
 E = VFIO_CCW_STATE_BOXED@p
|
 E = VFIO_CCW_STATE_BUSY@p
)

@apart exists@
identifier f;
position p != assigned.p;
@@
 f(...)
 {
 ... when any
(
 VFIO_CCW_STATE_BOXED@p
|
 VFIO_CCW_STATE_BUSY@p
)
 ... when any
 }

@use@
@@
 VFIO_CCW_STATE_BOXED

@script:python depends on report && busy && (same || alike || !boxed_row || differ || apart)@
p << boxed.p;
@@
coccilib.report.print_report(p[0], "two states, BOXED and BUSY, for a request that is being processed")

@script:python depends on evidence && boxed && busy@
p << differ.p;
ev << boxed_event.ev;
@@
print("blocked %s:%s the rows of BOXED and BUSY differ in %s" % (p[0].file, p[0].line, ev))

@script:python depends on evidence && boxed && busy && alike && never same && never differ@
p << alone.p;
ev << alone.ev;
@@
print("blocked %s:%s only one of BOXED and BUSY answers %s" % (p[0].file, p[0].line, ev))

@script:python depends on evidence && boxed && busy@
p << apart.p;
@@
print("blocked %s:%s the code asks for one of the states BOXED and BUSY" % (p[0].file, p[0].line))

// All together or not at all.

@script:python depends on evidence && busy_row && !boxed && !boxed_row && !use && !later@
p << busy.p;
@@
print("carried %s:%s BUSY is the only state in which a channel program is built or runs" % (p[0].file, p[0].line))

// Merged the other way round.

@script:python depends on evidence && boxed_row && !busy && !busy_row && !later@
p << boxed.p;
@@
print("superseded %s:%s BOXED is the only state in which a channel program is built or runs" % (p[0].file, p[0].line))

@script:python depends on evidence && later_row && !boxed && !boxed_row && !use && !busy@
p << later.p;
@@
print("superseded %s:%s CP_PROCESSING and CP_PENDING, which differ, took the place of BOXED and BUSY" % (p[0].file, p[0].line))

@depends on patch && boxed && busy && (same || (alike && !alone)) && never differ && !apart@
identifier t;
initializer i;
@@
 fsm_func_t *t[...][...] = { ...,
- [VFIO_CCW_STATE_BOXED] = i,
 ... };

@depends on patch && boxed && busy && (same || (alike && !alone) || !boxed_row) && never differ && !apart@
identifier e;
@@
 enum e { ...,
- VFIO_CCW_STATE_BOXED,
 ... };

@depends on patch && boxed && busy && (same || (alike && !alone) || !boxed_row) && never differ && !apart@
@@
- VFIO_CCW_STATE_BOXED
+ VFIO_CCW_STATE_BUSY
