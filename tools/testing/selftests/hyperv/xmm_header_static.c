// SPDX-License-Identifier: GPL-2.0-only
/* The same for kernels that call the hypercall page through a static call. */
#define HV_STATIC_HYPERCALL 1
#include "xmm_header.c"
