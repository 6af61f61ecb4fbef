/* Datagrams to a service manager: where they go, where none goes, and the watchdog's words. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/service.h"
#include "base/xalloc.h"

/* A manager that listens at `name`; '@' in front: an abstract one. */
static int manager_open(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address,
                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                 0, "%s: %s", name, strerror(errno));
    return fd;
}

static void expect_heard(int fd, const char *label, const char *text)
{
    char heard[300] = "";
    ssize_t n = recv(fd, heard, sizeof(heard) - 1, 0);
    cr_expect_eq(n, (ssize_t)strlen(text), "%s: %zd bytes", label, n);
    cr_expect_str_eq(heard, text, "%s", label);
    cr_expect_lt(recv(fd, heard, sizeof(heard), 0), 0, "%s: said twice", label);
}

static void socket_name(char *out, size_t size, const char *form)
{
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    snprintf(out, size, "%.*s%s%s", (int)strcspn(form, "%"), form, pid, strchr(form, '%') + 1);
}

Test(service, tells_the_manager)
{
    static const char *const forms[] = {"/tmp/vrfy-notify-%", "@vrfy-notify-%", "@%"};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char name[108];
        socket_name(name, sizeof(name), forms[i]);
        int fd = manager_open(name);
        setenv("NOTIFY_SOCKET", name, 1);
        service_notify("READY=1");
        expect_heard(fd, forms[i], "READY=1");
        service_notify("STATUS=12 addresses\nWATCHDOG=1");
        expect_heard(fd, forms[i], "STATUS=12 addresses\nWATCHDOG=1");
        close(fd);
        if (name[0] == '/')
            unlink(name);
        service_notify("STOPPING=1"); /* to nobody */
    }
}

/* The longest abstract name there is uses all of sun_path. */
Test(service, the_longest_names)
{
    char name[109] = "@";
    memset(name + 1, 'n', 106);
    snprintf(name + 1, 12, "%d", (int)getpid());
    name[strlen(name)] = 'n';
    name[107] = '\0';
    int fd = manager_open(name);
    setenv("NOTIFY_SOCKET", name, 1);
    service_notify("READY=1");
    expect_heard(fd, "107 bytes", "READY=1");
    close(fd);
}

/* A manager that does not read holds nobody up. */
Test(service, a_deaf_manager, .timeout = 20)
{
    char name[108];
    socket_name(name, sizeof(name), "@vrfy-deaf-%");
    int fd = manager_open(name);
    setenv("NOTIFY_SOCKET", name, 1);
    for (int i = 0; i < 5000; i++)
        service_notify("STATUS=and on and on");
    close(fd);
}

Test(service, no_manager)
{
    static char endless[5000];
    memset(endless, '/', sizeof(endless) - 1);
    const char *const names[] = {
        NULL, "", "/", "@", "relative/path", "vsock:2:1", endless, "/nonexistent/notify"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        unsetenv("NOTIFY_SOCKET");
        if (names[i] != NULL)
            setenv("NOTIFY_SOCKET", names[i], 1);
        service_notify("READY=1"); /* and nothing happens */
    }
}

Test(service, watchdog)
{
    char own[32];
    snprintf(own, sizeof(own), "%d", (int)getpid());
    const struct {
        const char *label, *us, *pid;
        int64_t ms;
    } rows[] = {
        {"none", NULL, NULL, 0},
        {"for anybody", "30000000", NULL, 30000},
        {"for us", "2500000", own, 2500},
        {"for somebody else", "30000000", "1", 0},
        {"for nobody", "30000000", "", 0},
        {"a pid without a time", NULL, own, 0},
        {"no number", "soon", own, 0},
        {"nothing", "", own, 0},
        {"below zero", "-1000000", own, 0},
        {"too large", "99999999999999999999999", own, INT64_MAX / 1000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsetenv("WATCHDOG_USEC");
        unsetenv("WATCHDOG_PID");
        if (rows[i].us != NULL)
            setenv("WATCHDOG_USEC", rows[i].us, 1);
        if (rows[i].pid != NULL)
            setenv("WATCHDOG_PID", rows[i].pid, 1);
        cr_expect_eq(service_watchdog_ms(), rows[i].ms, "%s: %lld", rows[i].label,
                     (long long)service_watchdog_ms());
    }
}
