#include "host/procnet.h"
#include "base/file.h"
#include "host/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal digits, all of s and at most `most` of them. */
static bool read_hex(struct span s, size_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (s.failed || span_left(s) == 0 || span_left(s) > most)
		return false;
	while (span_left(s) > 0) {
		const int value = digit(span_u8(&s));

		if (value < 0)
			return false;
		number = number << 4 | (unsigned)value;
	}
	*ret_number = number;
	return true;
}

/* The kernel prints an address as 32-bit words of this machine's order. */
static bool read_end(struct span s, bool v6, struct address *ret_address, uint16_t *ret_port)
{
	uint8_t bytes[16];
	struct span part = span_until(&s, ':'), number;
	const size_t words = v6 ? 4 : 1;
	uint64_t value;

	for (size_t i = 0; i < words; i++) {
		if (!read_hex(span_take(&part, 8), 8, &value))
			return false;
		memcpy(bytes + 4 * i, &(uint32_t){ (uint32_t)value }, 4);
	}
	number = span_of(bytes, 4);
	*ret_address = v6 ? address_v6(bytes) : address_v4(span_u32(&number));
	if (span_left(part) > 0 || !read_hex(s, 4, &value))
		return false;
	*ret_port = (uint16_t)value;
	return true;
}

static bool read_queues(struct span s, struct host_socket *socket)
{
	uint64_t sending, receiving;

	if (!read_hex(span_until(&s, ':'), 8, &sending) || !read_hex(s, 8, &receiving))
		return false;
	socket->send_queue = (uint32_t)sending;
	socket->receive_queue = (uint32_t)receiving;
	return true;
}

bool procnet_read_inet(struct span line, bool v6, struct host_socket *ret_socket)
{
	uint64_t state, uid;

	span_word(&line); /* slot */
	if (!read_end(span_word(&line), v6, &ret_socket->local, &ret_socket->local_port) ||
	    !read_end(span_word(&line), v6, &ret_socket->peer, &ret_socket->peer_port) ||
	    !read_hex(span_word(&line), 2, &state) || !read_queues(span_word(&line), ret_socket))
		return false;
	span_word(&line); /* timer */
	span_word(&line); /* retransmissions */
	if (!span_number(span_word(&line), UINT32_MAX, &uid))
		return false;
	span_word(&line); /* probes */
	if (!span_number(span_word(&line), UINT64_MAX, &ret_socket->inode) || line.failed)
		return false;
	if (state == 0 || state >= SOCKET_STATES)
		return false;
	ret_socket->v6_socket = v6;
	ret_socket->state = (uint8_t)state;
	ret_socket->uid = (uint32_t)uid;
	return true;
}

bool procnet_read_packet(struct span line, struct host_socket *ret_socket)
{
	uint64_t protocol, interface, uid;

	for (int skipped = 0; skipped < 3; skipped++)
		span_word(&line); /* address in the kernel, references, type */
	if (!read_hex(span_word(&line), 4, &protocol) ||
	    !span_number(span_word(&line), UINT32_MAX, &interface))
		return false;
	span_word(&line); /* running */
	span_word(&line); /* memory for receiving */
	if (!span_number(span_word(&line), UINT32_MAX, &uid) ||
	    !span_number(span_word(&line), UINT64_MAX, &ret_socket->inode) || line.failed)
		return false;
	ret_socket->family = SOCKET_PACKET;
	ret_socket->state = STATE_CLOSE;
	ret_socket->local_port = (uint16_t)protocol;
	ret_socket->interface = (uint32_t)interface;
	ret_socket->uid = (uint32_t)uid;
	return true;
}

/* What each list holds. */
struct list {
	const char *name;
	uint16_t transport;
	bool raw, packet;
};

static const struct list lists[] = {
	{ "tcp", TRANSPORT_TCP, false, false },
	{ "udp", TRANSPORT_UDP, false, false },
	{ "udplite", TRANSPORT_UDPLITE, false, false },
	{ "raw", 0, true, false },
	{ "packet", 0, false, true },
};

static void add_line(struct snapshot *snapshot, const struct list *list, struct span line, bool v6,
		     uint32_t space)
{
	struct host_socket *const socket = snapshot_add_socket(snapshot);

	if (socket == NULL)
		return;
	if (list->packet ? !procnet_read_packet(line, socket) : !procnet_read_inet(line, v6, socket)) {
		snapshot_drop_socket(snapshot);
		return;
	}
	socket->space = space;
	socket->raw = list->raw;
	socket->transport = list->raw ? socket->local_port : list->transport;
	socket->kind = diag_kind(list->transport, socket->state);
	if (snapshot->options->passive_only && socket->kind == SOCKET_ACTIVE)
		snapshot_drop_socket(snapshot);
}

static const struct list *list_named(const char *name)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(lists[i].name, name) == 0)
			return &lists[i];
	}
	return NULL;
}

bool procnet_read(struct snapshot *snapshot, const char *name, bool v6, uint32_t space)
{
	const struct list *const list = list_named(name);
	char path[64], *line = NULL;
	size_t size = 0;
	ssize_t length;
	FILE *file;

	if (list == NULL)
		return false;
	snprintf(path, sizeof(path), "/proc/thread-self/net/%s%s", name, v6 ? "6" : "");
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	/* The first line is the heading, which no reader takes for a socket. */
	while ((length = getline(&line, &size, file)) > 0) {
		const size_t ended = line[length - 1] == '\n';

		add_line(snapshot, list, span_of(line, (size_t)length - ended), v6, space);
	}
	free(line);
	fclose(file);
	return true;
}

bool procnet_count(struct span text, const char *protocol, uint64_t *ret_count)
{
	while (span_left(text) > 0) {
		struct span line = span_line(&text);

		if (line.failed)
			return false;
		if (span_is(span_word(&line), protocol)) {
			span_word(&line); /* bytes of one */
			return span_number(span_word(&line), UINT32_MAX, ret_count);
		}
	}
	return false;
}

static bool kernel_counts_mptcp(void)
{
	struct utsname kernel;
	struct span release = span_of(NULL, 0), major, minor;
	uint64_t first, second;

	if (uname(&kernel) != 0)
		return false;
	release = span_text(kernel.release);
	major = span_until(&release, '.');
	minor = span_until(&release, '.');
	return span_number(major, UINT16_MAX, &first) && span_number(minor, UINT16_MAX, &second) &&
	       (first > 6 || (first == 6 && second >= 3));
}

struct span procnet_protocols(char text[static PROCNET_PROTOCOLS])
{
	const long length = file_read_text("/proc/thread-self/net/protocols", text, PROCNET_PROTOCOLS);

	return span_of(text, length > 0 ? (size_t)length : 0);
}

/* What a kernel lacks, or has not loaded, is not in the list. */
bool procnet_has_none(struct span protocols, const char *name, const char *name_v6)
{
	uint64_t v4 = 0, v6 = 0;

	if (!procnet_count(protocols, "TCP", &v4) || (strcmp(name, "MPTCP") == 0 && !kernel_counts_mptcp()))
		return false;
	return (!procnet_count(protocols, name, &v4) || v4 == 0) &&
	       (!procnet_count(protocols, name_v6, &v6) || v6 == 0);
}
