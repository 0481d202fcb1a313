// SPDX-License-Identifier: GPL-2.0-only
/// Give vfio_ccw_io_region external linkage again
///
/// For kernels where it is static. Where a second file uses it, it is
/// global on purpose, and there is nothing to restore.
// Options: --no-includes

virtual patch

@depends on patch@
symbol vfio_ccw_io_region;
@@
-static
 struct kmem_cache *vfio_ccw_io_region;
