/* sink.h: where finished events go: stdout, a file, syslog (RFC 5424: over a unix socket, UDP (RFC 5426), TCP
 * (RFC 6587, counted octets) or TLS (RFC 5425)), or the journal of systemd.
 *
 * What cannot be delivered is counted and never held up: a sink neither blocks for long nor keeps what it
 * could not send. A connection that broke is made anew, once a second at most. */
#ifndef OUTPUT_SINK_H
#define OUTPUT_SINK_H

#include "base/error.h"
#include "base/span.h"

struct sink;

/* "-" (stdout), "file:PATH", "syslog" (unix:/dev/log), "syslog:unix:PATH", "syslog:udp:HOST:PORT",
 * "syslog:tcp:HOST:PORT", "syslog:tls:HOST:PORT", "journal". NULL with words for any other, and where it
 * cannot be opened now. */
struct sink *sink_open(const char *where, struct error *err);

/* Sends what is buffered. False with words if something could not be delivered since the last time. */
bool sink_flush(struct sink *sink, struct error *err);
void sink_close(struct sink *sink);

/* One event: a line without its end. Severity as syslog's: 4 warning, 5 notice, 6 informational. */
void sink_write(struct sink *sink, struct span line, unsigned severity);
uint64_t sink_failed(const struct sink *sink); /* events that were not delivered */

#endif
