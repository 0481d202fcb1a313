// SPDX-License-Identifier: GPL-2.0-only
/// Use the copy of the config space without the lock again
// Options: --no-includes

virtual patch

@depends on patch@
expression v, A, O, L, N;
identifier F, buf;
@@
 virtio_ccw_get_config(...)
 {
 ... when any
- unsigned long F;
 ... when any
- spin_lock_irqsave(&v->lock, F);
 memcpy(v->config, A, N);
+ if (buf)
+ 	memcpy(buf, &v->config[O], L);
 if (v->config_ready < N)
	v->config_ready = N;
- spin_unlock_irqrestore(&v->lock, F);
- if (buf)
-	memcpy(buf, A + O, L);
 ... when any
 }

@depends on patch@
expression v, A, O, L, N, B;
identifier F;
@@
 virtio_ccw_set_config(...)
 {
 ... when any
- unsigned long F;
 ... when any
- spin_lock_irqsave(&v->lock, F);
 memcpy(&v->config[O], B, L);
 memcpy(A, v->config, N);
- spin_unlock_irqrestore(&v->lock, F);
 ... when any
 }
