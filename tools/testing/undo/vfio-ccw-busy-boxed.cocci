// SPDX-License-Identifier: GPL-2.0-only
/// Have two states again, BOXED and BUSY, that do the same
///
/// For kernels that have BUSY alone. Where CP_PROCESSING and CP_PENDING
/// took its place, the two states differ, and there is nothing to restore.
// Options: --no-includes

virtual patch

@row depends on patch@
identifier t;
typedef fsm_func_t;
initializer i;
@@
 fsm_func_t *t[...][...] = { ...,
+ [VFIO_CCW_STATE_BOXED] = i,
 [VFIO_CCW_STATE_BUSY] = i,
 ... };

@depends on patch && row@
identifier e;
@@
 enum e { ...,
+ VFIO_CCW_STATE_BOXED,
 VFIO_CCW_STATE_BUSY,
 ... };

@depends on patch && row@
expression E;
@@
 fsm_io_request(...)
 {
 <...
 E =
- VFIO_CCW_STATE_BUSY
+ VFIO_CCW_STATE_BOXED
 ...>
 }
