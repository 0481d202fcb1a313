// SPDX-License-Identifier: GPL-2.0-only
/// virtio/s390: hold the lock while the copy of the config space is used
///
/// virtio-ccw transfers the config space of a device only as a whole, from
/// its start, so the driver keeps a copy in vcdev->config.
/// virtio_ccw_get_config() fills it from what the host sent and then reads
/// its answer from it, virtio_ccw_set_config() changes some bytes of it and
/// then sends it to the host. Nothing keeps two callers apart: a reader
/// may get what another one's transfer has just put there, and a writer's
/// bytes may be overwritten by older ones before they are sent, so that
/// the host never sees the write.
///
/// It matters where user space decides how often the config space is used:
/// some devices read or write it for their sysfs attributes, such as the
/// cache type of a virtio disk.
///
/// Hold vcdev->lock while the copy is filled, and while it is changed and
/// copied for the host. Give the reader its answer from the buffer of its
/// own transfer. The lock is taken with interrupts off, as everywhere
/// else, and never over the transfer, which sleeps.
///
/// That two transfers at once confuse ccw_io_helper() is another matter,
/// which this change does not touch. The driver is always built in.
///
/// The proof writes to the config space while others read from it, and
/// looks for writes that are lost.
// Nr: 22
// Kind: defect
// Upstream: v4.20
// Originally-by: Halil Pasic <pasic@linux.ibm.com>
// Scope: drivers/s390/virtio
// Anchors: virtio_ccw_get_config virtio_ccw_set_config
// Context: virtio_ccw_device
// Modules: none
// Abi: none
// Proof: s390x virtio/ccw_config
// Defect: config-lost
// Options: --no-includes
// Confidence: High

virtual patch
virtual report
virtual evidence

@lock@
typedef spinlock_t;
@@
 struct virtio_ccw_device { ... spinlock_t lock; ... };

@device@
position p;
@@
 struct virtio_ccw_device@p { ... };

// To ask for the size of the copy is no access.

@size@
expression v;
position p;
@@
 sizeof(v->config@p)

// Accesses under the lock ...

@get_held exists@
expression v;
identifier take =~ "^spin_lock_irq(save)?$";
identifier drop =~ "^spin_unlock_irq(restore)?$";
position p != size.p;
@@
 virtio_ccw_get_config(...)
 {
 ... when any
 take(&v->lock, ...);
 ... when any
     when != drop(&v->lock, ...)
 v->config@p
 ... when any
 }

@set_held exists@
expression v;
identifier take =~ "^spin_lock_irq(save)?$";
identifier drop =~ "^spin_unlock_irq(restore)?$";
position p != size.p;
@@
 virtio_ccw_set_config(...)
 {
 ... when any
 take(&v->lock, ...);
 ... when any
     when != drop(&v->lock, ...)
 v->config@p
 ... when any
 }

// ... or under a mutex, which does as well ...

@get_mutex exists@
expression v, M;
position p != size.p;
@@
 virtio_ccw_get_config(...)
 {
 ... when any
 mutex_lock(M);
 ... when any
     when != mutex_unlock(M)
 v->config@p
 ... when any
 }

@set_mutex exists@
expression v, M;
position p != size.p;
@@
 virtio_ccw_set_config(...)
 {
 ... when any
 mutex_lock(M);
 ... when any
     when != mutex_unlock(M)
 v->config@p
 ... when any
 }

// ... but not with the lock let go in between ...

@split exists@
identifier f =~ "^virtio_ccw_[gs]et_config$";
identifier drop =~ "_unlock";
identifier take =~ "_lock(_|$)";
@@
 f(...)
 {
 ... when any
 drop(...);
 ... when any
 take(...);
 ... when any
 }

// ... and those that nothing protects.

@get_bare@
expression v;
position p != {size.p, get_held.p, get_mutex.p};
@@
 virtio_ccw_get_config(...)
 {
 <+...
 v->config@p
 ...+>
 }

@set_bare@
expression v;
position p != {size.p, set_held.p, set_mutex.p};
@@
 virtio_ccw_set_config(...)
 {
 <+...
 v->config@p
 ...+>
 }

@script:python depends on report@
p << get_bare.p;
@@
coccilib.report.print_report(p[0], "the copy of the config space is used without the lock")

@script:python depends on report@
p << set_bare.p;
@@
coccilib.report.print_report(p[0], "the copy of the config space is used without the lock")

// Nor between the change and the copy for the host, where a reader's
// transfer may overwrite it.

@gap exists@
expression v, O, L, N;
identifier A, buf;
identifier drop =~ "^spin_unlock_irq(restore)?$";
identifier take =~ "^spin_lock_irq(save)?$";
position p;
@@
 virtio_ccw_set_config(...)
 {
 ... when any
 memcpy(&v->config[O], buf, L);
 drop(&v->lock, ...);
 take@p(&v->lock, ...);
 memcpy(A, v->config, N);
 ... when any
 }

@script:python depends on report@
p << gap.p;
@@
coccilib.report.print_report(p[0], "the lock is let go before the changed copy is copied for the host")

// The transfer sleeps.

@asleep exists@
expression v;
identifier f =~ "^virtio_ccw_[gs]et_config$";
identifier take =~ "^spin_lock";
identifier drop =~ "^spin_unlock";
@@
 f(...)
 {
 ... when any
 take(&v->lock, ...);
 ... when != drop(&v->lock, ...)
 ccw_io_helper(...)
 ... when any
 }

@script:python depends on evidence && !lock && (get_bare || set_bare)@
p << device.p;
@@
print("blocked %s:%s the device has no spinlock" % (p[0].file, p[0].line))

@script:python depends on evidence && get_held && !get_bare && !set_bare && !split && !asleep && !get_mutex && !set_mutex@
p << set_held.p;
@@
print("carried %s:%s the copy of the config space is used under the lock" % (p[0].file, p[0].line))

@script:python depends on evidence && get_mutex && !get_bare && !set_bare && !split@
p << set_mutex.p;
@@
print("superseded %s:%s a mutex protects the copy of the config space" % (p[0].file, p[0].line))

// A function that takes any lock by itself is left alone.

@get_locks@
identifier f =~ "_lock";
@@
 virtio_ccw_get_config(...)
 {
 <+...
 f(...)
 ...+>
 }

@set_locks@
identifier f =~ "_lock";
@@
 virtio_ccw_set_config(...)
 {
 <+...
 f(...)
 ...+>
 }

@get_flags@
symbol flags;
@@
 virtio_ccw_get_config(...)
 {
 <+...
 flags
 ...+>
 }

@set_flags@
symbol flags;
@@
 virtio_ccw_set_config(...)
 {
 <+...
 flags
 ...+>
 }

@depends on patch && lock && get_bare && !get_locks && !get_flags@
type T;
expression v, O, L, N;
identifier A, buf;
statement S;
@@
 virtio_ccw_get_config(...)
 {
 ... when any
 T A;
+	unsigned long flags;
 ... when any
+	spin_lock_irqsave(&v->lock, flags);
 memcpy(v->config, A, N);
(
- if (buf)
-	memcpy(buf, &v->config[O], L);
 if (v->config_ready < N)
	v->config_ready = N;
+	spin_unlock_irqrestore(&v->lock, flags);
+	if (buf)
+		memcpy(buf, A + O, L);
|
 if (v->config_ready < N)
	v->config_ready = N;
+	spin_unlock_irqrestore(&v->lock, flags);
 if (buf)
	memcpy(buf,
-		&v->config[O]
+		A + O
	, L);
|
 if (v->config_ready < N)
	v->config_ready = N;
+	spin_unlock_irqrestore(&v->lock, flags);
|
+	spin_unlock_irqrestore(&v->lock, flags);
 if (buf)
	memcpy(buf,
-		&v->config[O]
+		A + O
	, L);
|
+	spin_unlock_irqrestore(&v->lock, flags);
 S
)
 ... when any
 }

// The answer, where that alone is left.

@depends on patch && get_bare exists@
expression v, O, L, N;
identifier A, buf;
@@
 virtio_ccw_get_config(...)
 {
 ... when any
 memcpy(v->config, A, N);
 ... when any
     when != A = ...
 spin_unlock_irqrestore(&v->lock, ...);
 ... when any
     when != A = ...
 memcpy(buf,
-	&v->config[O]
+	A + O
	, L)
 ... when any
 }

@depends on patch && lock && set_bare && !set_locks && !set_flags@
type T;
expression v, O, L, N;
identifier A, buf;
@@
 virtio_ccw_set_config(...)
 {
 ... when any
 T A;
+	unsigned long flags;
 ... when any
+	spin_lock_irqsave(&v->lock, flags);
 memcpy(&v->config[O], buf, L);
 memcpy(A, v->config, N);
+	spin_unlock_irqrestore(&v->lock, flags);
 ... when any
 }

// Let go too early, or for a moment.

@depends on patch && set_bare@
expression v, O, L, N;
identifier A, buf, drop =~ "^spin_unlock_irq(restore)?$";
expression list as;
@@
 virtio_ccw_set_config(...)
 {
 ... when any
 memcpy(&v->config[O], buf, L);
-drop(as);
 memcpy(A, v->config, N);
+drop(as);
 ... when any
 }

@depends on patch && gap@
expression v, O, L, N;
identifier A, buf;
identifier drop =~ "^spin_unlock_irq(restore)?$";
identifier take =~ "^spin_lock_irq(save)?$";
@@
 virtio_ccw_set_config(...)
 {
 ... when any
 memcpy(&v->config[O], buf, L);
-drop(&v->lock, ...);
-take(&v->lock, ...);
 memcpy(A, v->config, N);
 ... when any
 }
