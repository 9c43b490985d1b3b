#include "output/sink.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/openssl_calls.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	MESSAGE_MOST = 64 * 1024,
	HOST_TEXT = 256,
	PORT_TEXT = 16,
	WAIT_S = 2, /* for a server that does not take what is sent */
	RETRY_MS = 1000,
	FACILITY_LOCAL0 = 16,
	JOURNAL_PRIORITY_TEXT = 32,
};

enum sink_kind { SINK_FILE, SINK_DATAGRAMS, SINK_STREAM, SINK_TLS, SINK_JOURNAL };

struct sink {
	enum sink_kind kind;
	FILE *file; /* of SINK_FILE; owned unless it is stdout */
	int fd;
	SSL_CTX *settings;
	SSL *tls;
	char host[HOST_TEXT], port[PORT_TEXT], name[HOST_TEXT]; /* name: of this host */
	struct sockaddr_un unix_address;                        /* family 0: over the network */
	struct buffer message;
	uint64_t failed, told;
	int64_t retry_ms;
	struct error problem;
};

/* ---- connecting ---- */

static int connect_unix(struct sink *s)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&s->unix_address, sizeof(s->unix_address)) == 0)
		return fd;
	error_system(&s->problem, errno, "%s", s->unix_address.sun_path);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int connect_network(struct sink *s)
{
	const struct addrinfo wanted = { .ai_socktype = s->kind == SINK_DATAGRAMS ? SOCK_DGRAM
										  : SOCK_STREAM };
	const struct timeval wait = { .tv_sec = WAIT_S };
	struct addrinfo *list = NULL;
	const int error = getaddrinfo(s->host, s->port, &wanted, &list);
	int fd = -1;

	if (error != 0)
		error_set(&s->problem, "%s, port %s: %s", s->host, s->port, gai_strerror(error));
	for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd < 0)
			continue;
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			break;
		error_system(&s->problem, errno, "%s, port %s", s->host, s->port);
		close(fd);
		fd = -1;
	}
	if (list != NULL)
		freeaddrinfo(list);
	return fd;
}

/* The server must show a certificate for its name that this host trusts. */
static bool shake_hands(struct sink *s)
{
	s->tls = SSL_new(s->settings);
	if (s->tls == NULL || SSL_set1_host(s->tls, s->host) != 1 || SSL_set_fd(s->tls, s->fd) != 1)
		return error_memory(&s->problem);
	SSL_set_connect_state(s->tls);
	if (SSL_do_handshake(s->tls) == 1)
		return true;
	return error_set(&s->problem, "%s, port %s: TLS: %s", s->host, s->port,
			 ERR_peek_last_error() != 0 ? ERR_reason_error_string(ERR_peek_last_error())
						    : "the server gave up");
}

static void disconnect(struct sink *s)
{
	if (s->tls != NULL)
		SSL_free(s->tls);
	s->tls = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->retry_ms = clock_monotonic_ms() + RETRY_MS;
}

static bool connect_now(struct sink *s)
{
	if (s->kind == SINK_TLS)
		ERR_clear_error();
	s->fd = s->unix_address.sun_family != 0 ? connect_unix(s) : connect_network(s);
	if (s->fd >= 0 && (s->kind != SINK_TLS || shake_hands(s)))
		return true;
	disconnect(s);
	return false;
}

/* ---- sending ---- */

static bool send_tls(struct sink *s, struct span bytes)
{
	ERR_clear_error();
	return SSL_write(s->tls, bytes.at, (int)span_left(bytes)) == (int)span_left(bytes) ||
	       error_set(&s->problem, "%s, port %s: TLS: the connection broke", s->host, s->port);
}

static bool send_plain(struct sink *s, struct span bytes)
{
	while (span_left(bytes) > 0) {
		const ssize_t sent = send(s->fd, bytes.at, span_left(bytes),
					  MSG_NOSIGNAL |
						  (s->unix_address.sun_family != 0 ? MSG_DONTWAIT : 0));

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return error_system(&s->problem, errno, "%s",
					    s->unix_address.sun_family != 0 ? s->unix_address.sun_path
									    : s->host);
		if (s->kind != SINK_STREAM)
			return true;
		span_skip(&bytes, (size_t)sent);
	}
	return true;
}

static void deliver(struct sink *s, struct span bytes)
{
	if (s->fd < 0 && (clock_monotonic_ms() < s->retry_ms || !connect_now(s))) {
		s->failed++;
		return;
	}
	if (s->kind == SINK_TLS ? send_tls(s, bytes) : send_plain(s, bytes))
		return;
	s->failed++;
	/* A full socket is no broken one. */
	if (errno != EAGAIN || s->kind == SINK_STREAM || s->kind == SINK_TLS)
		disconnect(s);
}

/* RFC 5424: <PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG; a zone is written with a
 * colon. */
static void write_syslog(struct sink *s, struct span line, unsigned severity)
{
	char when[CLOCK_TEXT];

	clock_text(clock_wall_us(), when);
	buffer_format(&s->message, "<%u>1 %.29s:%s %s doorward %ld attempt - ",
		      FACILITY_LOCAL0 * 8 + severity, when, when + 29, s->name, (long)getpid());
	buffer_span(&s->message, line);
}

/* Octet counting stands before the message, so it is put together behind room for it. */
static void send_syslog(struct sink *s, struct span line, unsigned severity)
{
	char count[NUMBER_TEXT + 2];
	struct buffer framed = buffer_new(MESSAGE_MOST + sizeof(count));

	buffer_clear(&s->message);
	write_syslog(s, line, severity);
	if (s->message.failed) {
		s->failed++;
		return;
	}
	if (s->kind == SINK_DATAGRAMS) {
		deliver(s, buffer_read(&s->message));
		return;
	}
	snprintf(count, sizeof(count), "%zu ", s->message.length);
	buffer_text(&framed, count);
	buffer_span(&framed, buffer_read(&s->message));
	deliver(s, buffer_read(&framed));
	buffer_free(&framed);
}

/* The journal's own protocol: a field a line; none of ours has an end of line in it. */
static void send_journal(struct sink *s, struct span line, unsigned severity)
{
	buffer_clear(&s->message);
	buffer_format(&s->message,
		      "PRIORITY=%u\nSYSLOG_IDENTIFIER=doorward\nDOORWARD_EVENT=attempt\nMESSAGE=", severity);
	buffer_span(&s->message, line);
	buffer_u8(&s->message, '\n');
	if (s->message.failed)
		s->failed++;
	else
		deliver(s, buffer_read(&s->message));
}

void sink_write(struct sink *s, struct span line, unsigned severity)
{
	if (s->kind == SINK_JOURNAL) {
		send_journal(s, line, severity);
	} else if (s->kind != SINK_FILE) {
		send_syslog(s, line, severity);
	} else if (fwrite(line.at, 1, span_left(line), s->file) != span_left(line) ||
		   putc('\n', s->file) == EOF) {
		s->failed++;
		error_system(&s->problem, errno, "what was to be written");
	}
}

bool sink_flush(struct sink *s, struct error *err)
{
	if (s->kind == SINK_FILE && fflush(s->file) != 0) {
		s->failed++;
		error_system(&s->problem, errno, "what was to be written");
	}
	if (s->failed == s->told)
		return true;
	s->told = s->failed;
	return error_set(err, "%s", s->problem.text[0] != '\0' ? s->problem.text : "an event was too large");
}

uint64_t sink_failed(const struct sink *s)
{
	return s->failed;
}

/* ---- opening ---- */

/* "HOST:PORT", of IPv6 "[ADDRESS]:PORT". */
static bool read_server(struct sink *s, struct span text, struct error *err)
{
	const size_t colon = span_find_last(text, ':');
	struct span host = text, port = text;
	uint64_t number;

	if (colon != SIZE_MAX) {
		host.end = host.at + colon;
		port.at += colon + 1;
	}
	if (span_left(host) > 2 && host.at[0] == '[' && host.end[-1] == ']') {
		host.at++;
		host.end--;
	}
	if (colon == SIZE_MAX || span_left(host) == 0 || span_left(host) >= HOST_TEXT ||
	    !span_number(port, UINT16_MAX, &number) || number == 0)
		return error_set(err, "'%.*s' is no HOST:PORT", (int)span_left(text), (const char *)text.at);
	span_copy_text(host, s->host, sizeof(s->host));
	span_copy_text(port, s->port, sizeof(s->port));
	return true;
}

static bool read_unix(struct sink *s, struct span path, struct error *err)
{
	if (span_left(path) == 0 || span_left(path) >= sizeof(s->unix_address.sun_path))
		return error_set(err, "'%.*s' is no path of a socket", (int)span_left(path),
				 (const char *)path.at);
	s->unix_address.sun_family = AF_UNIX;
	span_copy_text(path, s->unix_address.sun_path, sizeof(s->unix_address.sun_path));
	return true;
}

static bool prepare_tls(struct sink *s, struct error *err)
{
	if (!openssl_load(err))
		return false;
	s->settings = SSL_CTX_new(TLS_client_method());
	if (s->settings == NULL || SSL_CTX_set_default_verify_paths(s->settings) != 1)
		return error_memory(err);
	SSL_CTX_set_verify(s->settings, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_ctrl(s->settings, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
	return true;
}

static bool read_where(struct sink *s, struct span where, struct error *err)
{
	static const struct {
		const char *begins;
		enum sink_kind kind;
	} kinds[] = { { "udp:", SINK_DATAGRAMS }, { "tcp:", SINK_STREAM }, { "tls:", SINK_TLS } };

	if (span_is(where, "syslog"))
		return read_unix(s, span_text("/dev/log"), err);
	span_skip(&where, strlen("syslog:"));
	if (span_begins(where, "unix:")) {
		span_skip(&where, strlen("unix:"));
		return read_unix(s, where, err);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!span_begins(where, kinds[i].begins))
			continue;
		span_skip(&where, strlen(kinds[i].begins));
		s->kind = kinds[i].kind;
		return read_server(s, where, err) && (s->kind != SINK_TLS || prepare_tls(s, err));
	}
	return error_set(err,
			 "syslog is reached by unix:PATH, udp:HOST:PORT, tcp:HOST:PORT or tls:HOST:PORT");
}

static bool open_file(struct sink *s, const char *path, struct error *err)
{
	s->kind = SINK_FILE;
	s->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "ae");
	return s->file != NULL || error_system(err, errno, "%s", path);
}

static bool open_kind(struct sink *s, const char *where, struct error *err)
{
	if (strcmp(where, "-") == 0)
		return open_file(s, where, err);
	if (strncmp(where, "file:", strlen("file:")) == 0)
		return open_file(s, where + strlen("file:"), err);
	if (strcmp(where, "journal") == 0) {
		s->kind = SINK_JOURNAL;
		if (!read_unix(s, span_text("/run/systemd/journal/socket"), err))
			return false;
	} else if (strncmp(where, "syslog", strlen("syslog")) == 0) {
		s->kind = SINK_DATAGRAMS;
		if (!read_where(s, span_text(where), err))
			return false;
	} else {
		return error_set(
			err,
			"'%s' is none of: -, file:PATH, syslog, syslog:unix:PATH, syslog:udp:HOST:PORT, "
			"syslog:tcp:HOST:PORT, syslog:tls:HOST:PORT, journal",
			where);
	}
	return connect_now(s) || error_set(err, "%s", s->problem.text);
}

struct sink *sink_open(const char *where, struct error *err)
{
	struct sink *const s = calloc(1, sizeof(*s));

	if (s == NULL) {
		error_memory(err);
		return NULL;
	}
	s->fd = -1;
	s->message = buffer_new(MESSAGE_MOST);
	if (gethostname(s->name, sizeof(s->name) - 1) != 0 || s->name[0] == '\0')
		strcpy(s->name, "-");
	if (open_kind(s, where, err))
		return s;
	sink_close(s);
	return NULL;
}

void sink_close(struct sink *s)
{
	if (s == NULL)
		return;
	if (s->tls != NULL)
		(void)SSL_shutdown(s->tls);
	disconnect(s);
	if (s->settings != NULL)
		SSL_CTX_free(s->settings);
	if (s->file != NULL && s->file != stdout)
		fclose(s->file);
	buffer_free(&s->message);
	free(s);
}
