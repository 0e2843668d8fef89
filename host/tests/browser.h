/* browser.h: pages as a headless Chromium lays them out.
 *
 *     const char *const title = browse(folder, page, size, "document.title = ...");
 *     if (title == NULL)
 *         skip();      there is no Chromium
 *     assert_string_equal(title, "...");
 */
#ifndef MNSP_TESTS_BROWSER_H
#define MNSP_TESTS_BROWSER_H

#include "base/buffer.h"
#include "base/file.h"
#include "conformance_command.h"

static inline const char *find_browser(void) {
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};
    char output[256];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (run_shell(output, sizeof output, "timeout 60 %s --version", names[i]) == 0)
            return names[i];
    return NULL;
}

/* Opens the page in a window of 1200 x 900, runs a script at its end, and returns the title that the document
 * then has. NULL where there is no browser, which is said. Files go into `folder`. */
static inline const char *browse(const char *folder, const char *text, const char *script) {
    enum { MOST = 1 << 22 };
    static char title[1024];
    const char *const browser = find_browser(), *const end = strstr(text, "</body>");
    if (browser == NULL) {
        print_message("skipped: there is no chromium\n");
        return NULL;
    }
    struct buffer page = {0};
    char path[600];
    assert_non_null(end);
    buffer_add_bytes(&page, text, (size_t)(end - text));
    buffer_add(&page, "<script>%s</script></body></html>", script);
    snprintf(path, sizeof path, "%s/page.html", folder);
    assert_int_equal(file_replace(path, page.bytes, page.used), STATUS_OK);
    free(page.bytes);
    char *const output = malloc(MOST);
    assert_non_null(output);
    run_shell(output, MOST,
              "timeout 120 %s --headless --no-sandbox --disable-gpu --user-data-dir='%s/browser' "
              "--window-size=1200,900 --dump-dom 'file://%s' 2>/dev/null",
              browser, folder, path);
    const char *const begin = strstr(output, "<title>");
    snprintf(title, sizeof title, "%.*s", begin == NULL ? 0 : (int)strcspn(begin + 7, "<"),
             begin == NULL ? "" : begin + 7);
    free(output);
    return title;
}

#endif
