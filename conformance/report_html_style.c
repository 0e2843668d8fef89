#include "conformance/report_html.h"

/* A colour for each outcome, beside those of every page (base/html.h). */
const char report_html_style[] =
    ":root{--Pass:#2e8b57;--NotSupported:#98a2ae;--QualityWarning:#c98a10;--Waiver:#4a7fc1;"
    "--ResourceError:#9a4fb0;--InternalError:#6b4fb0;--Fail:#cc3333;--DeviceLost:#8c1f3d;--Timeout:#b3541e;"
    "--Crash:#7a1414}\n"
    "@media(prefers-color-scheme:dark){:root{--Pass:#45b077;--Fail:#ee5a5a;--Crash:#d04848;"
    "--DeviceLost:#d4527a;--Timeout:#e0803f;--QualityWarning:#dda73a}}\n";
