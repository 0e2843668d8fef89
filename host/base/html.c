#include "base/html.h"

#include <stdint.h>

static const char standard_style[] =
    ":root{--paper:#fff;--ink:#1c2430;--soft:#5b6675;--line:#dde3ea;--panel:#f6f8fa;--accent:#2b5fa8;"
    "--good:#2e8b57;--bad:#cc3333}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e4e9ef;--soft:#98a4b3;--line:#2c343e;"
    "--panel:#1b2127;--accent:#7fb0ee;--good:#45b077;--bad:#ee5a5a}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe "
    "UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "main{max-width:1120px;margin:0 auto;padding:32px 24px 80px}\n"
    "h1{font-size:26px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}"
    "h2{font-size:19px;margin:44px 0 12px}\n"
    "p{margin:8px 0}a{color:var(--accent)}.soft{color:var(--soft)}.wide{overflow-x:auto}\n"
    "code,pre,.name{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',monospace}\n"
    ".name{overflow-wrap:anywhere}\n"
    ".verdict{border:1px solid var(--line);border-left:6px solid var(--shade);background:var(--panel);"
    "border-radius:6px;padding:16px 20px;margin:22px 0 14px}\n"
    ".verdict b{font-size:19px;color:var(--shade)}\n"
    ".counts{display:flex;flex-wrap:wrap;gap:6px 18px;margin-top:8px}\n"
    ".badge{display:inline-block;padding:0 8px;border-radius:10px;background:var(--shade);color:#fff;"
    "font-size:12px;font-weight:600;line-height:20px;white-space:nowrap}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 20px;margin:12px 0}dt{color:var(--soft)}"
    "dd{margin:0;overflow-wrap:anywhere}\n"
    ".card{border:1px solid var(--line);border-left:4px solid var(--shade);border-radius:6px;padding:12px "
    "16px;margin:12px 0}\n"
    ".card p{overflow-wrap:anywhere}\n"
    "pre{background:var(--panel);border:1px solid var(--line);border-radius:5px;padding:8px 12px;margin:8px "
    "0;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "pre.command{user-select:all;border-left:3px solid var(--accent)}\n"
    "table{border-collapse:collapse;width:100%;font-size:14px}\n"
    "th{text-align:left;color:var(--soft);font-weight:600;font-size:12.5px}\n"
    "th,td{padding:5px 10px;border-bottom:1px solid var(--line);vertical-align:top}\n"
    "td svg{margin-top:6px}\n"
    "td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "details{border-bottom:1px solid var(--line)}summary{cursor:pointer;padding:9px 4px}"
    "summary:hover{background:var(--panel)}details[open]>summary{font-weight:600}\n"
    "svg,img{display:block;max-width:100%;height:auto}svg text{fill:var(--ink);font:12px system-ui,'DejaVu "
    "Sans',sans-serif}svg .soft{fill:var(--soft)}\n"
    "figure{margin:10px 0}figcaption{color:var(--soft);font-size:13px}\n"
    "@media print{details{break-inside:avoid}}\n";

void html_begin(struct buffer *out, const char *title, const char *style) {
    buffer_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
                    "name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
    buffer_add_xml(out, title);
    buffer_add(out, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<main>\n<h1>", standard_style,
               style != NULL ? style : "");
    buffer_add_xml(out, title);
    buffer_add(out, "</h1>\n");
}

void html_end(struct buffer *out) {
    buffer_add(out, "</main>\n</body>\n</html>\n");
}

void html_fact(struct buffer *out, const char *name, const char *value) {
    buffer_add(out, "<dt>");
    buffer_add_xml(out, name);
    buffer_add(out, "</dt><dd>");
    buffer_add_xml(out, value);
    buffer_add(out, "</dd>");
}

void html_base64(struct buffer *out, const void *bytes, size_t size) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *const from = bytes;
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const uint32_t three = (uint32_t)from[i] << 16 | (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
                               (left > 2 ? (uint32_t)from[i + 2] : 0);
        const char four[4] = {letters[three >> 18], letters[three >> 12 & 63],
                              left > 1 ? letters[three >> 6 & 63] : '=',
                              left > 2 ? letters[three & 63] : '='};
        buffer_add_bytes(out, four, sizeof four);
    }
}
