#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include <stdint.h>

/* What a service tells the manager that started it; nothing happens when none did.  Source:
 * sd_notify(3): one datagram of "NAME=VALUE" lines to the socket $NOTIFY_SOCKET. */
void service_notify(const char *text); /* "READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=..." */
int64_t service_watchdog_ms(void);     /* how often it wants to hear WATCHDOG=1; 0: never */

#endif
