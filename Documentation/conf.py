# SPDX-License-Identifier: GPL-2.0-only
# For Sphinx, as the kernel's documentation is built; see make htmldocs.
project = "virtfix"
author = "virtfix maintainers"
html_theme = "classic"
html_show_copyright = False
