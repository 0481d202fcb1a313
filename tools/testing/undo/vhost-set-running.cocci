// SPDX-License-Identifier: GPL-2.0-only
/// Let VHOST_VSOCK_SET_RUNNING be the only name of the ioctl again
// Options: --no-includes

virtual patch

@generic depends on patch@
expression E;
@@
-#define VHOST_SET_RUNNING E

@depends on patch@
expression generic.E;
@@
-#define VHOST_VSOCK_SET_RUNNING VHOST_SET_RUNNING
+#define VHOST_VSOCK_SET_RUNNING E
