// SPDX-License-Identifier: GPL-2.0-only
/// The walk's read bit is taken over, its write bit is not
// Options: --no-includes

virtual patch

@walk@
type T;
identifier access, user;
@@
\(const T user = access & PFERR_USER_MASK;\|T user = access & PFERR_USER_MASK;\)

@depends on patch@
expression Q, M;
identifier walk.user;
@@
 Q.exit_qualification &=
- M
+ 1 << 7 | 1 << 8
;
+if (user)
+	Q.exit_qualification |= 1 << 0;
