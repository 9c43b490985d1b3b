/* Reads a capture in one of several ways, to be timed by reading.py:
 *
 *   reading libpcap FILE   libpcap, and only counts: the floor of those who read through it
 *   reading frames FILE    our reader, and only counts
 *   reading packets FILE   and decodes
 *   reading flows FILE     and keeps the flow table
 *   reading recognise -    no file: asks the recognisers about flows that they do not know
 *
 * reading_twenty is the same with twenty protocols (twenty/), to see what the number of protocols costs. */
#include "base/hash.h"
#include "capture/capture.h"
#include "flow/identify.h"
#include "flow/table.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum way { LIBPCAP, FRAMES, PACKETS, FLOWS, RECOGNISE, WAYS };
enum { STRANGERS = 4096, STRANGE_BYTES = 64, STRANGE_TURNS = 50 };

struct counts {
	uint64_t frames, bytes, packets, flows, memory;
};

static int complain(const char *what)
{
	fprintf(stderr, "reading: %s\n", what);
	return EXIT_FAILURE;
}

static int read_libpcap(const char *path, struct counts *counts)
{
	char words[PCAP_ERRBUF_SIZE];
	pcap_t *const pcap = pcap_open_offline(path, words);
	struct pcap_pkthdr *header;
	const u_char *bytes;

	if (pcap == NULL)
		return complain(words);
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		counts->frames++;
		counts->bytes += header->len;
	}
	pcap_close(pcap);
	return EXIT_SUCCESS;
}

static void on_end(void *context, struct flow *flow, enum flow_reason reason)
{
	struct counts *const counts = context;

	(void)reason;
	counts->packets += flow->sides[0].packets + flow->sides[1].packets;
}

/* The batch as an engine takes it: decode all, ask for what will be touched, touch. */
static void read_batch(struct flow_table *table, const struct frame *frames, size_t count, enum way way,
		       struct counts *counts)
{
	static struct packets packets[CAPTURE_BATCH];
	uint64_t hashes[CAPTURE_BATCH][PACKET_DEPTH];

	for (size_t i = 0; i < count; i++) {
		packet_decode(&packets[i], frames[i].link, frame_at_hand(&frames[i]), frames[i].length);
		counts->packets += way == PACKETS ? packets[i].count : 0;
		for (unsigned n = 0; way == FLOWS && n < packets[i].count; n++) {
			hashes[i][n] = flow_hash(&packets[i].list[n], n);
			flow_prefetch_slot(table, hashes[i][n]);
		}
	}
	for (size_t i = 0; way == FLOWS && i < count; i++) {
		for (unsigned n = 0; n < packets[i].count; n++)
			flow_prefetch(table, hashes[i][n]);
	}
	for (size_t i = 0; way == FLOWS && i < count; i++) {
		unsigned side;

		for (unsigned n = 0; n < packets[i].count; n++)
			flow_table_touch(table, &packets[i].list[n], hashes[i][n], n, frames[i].time_ns,
					 counts->frames + i, &side);
	}
}

static void read_capture(struct capture *capture, struct flow_table *table, enum way way,
			 struct counts *counts)
{
	struct frame frames[CAPTURE_BATCH];
	size_t count;

	while ((count = capture_read(capture, frames)) > 0) {
		for (size_t i = 0; i < count; i++)
			counts->bytes += frames[i].length;
		if (way != FRAMES)
			read_batch(table, frames, count, way, counts);
		counts->frames += count;
		(void)flow_table_expire(table, frames[count - 1].time_ns, UINT64_MAX);
	}
	counts->flows = flow_table_counts(table)->flows;
	counts->memory = flow_table_counts(table)->memory;
	flow_table_end_all(table, REASON_END_OF_INPUT);
}

static int read_ours(const char *path, enum way way, struct counts *counts)
{
	const struct flow_limits limits = { .timeouts = flow_timeouts_usual };
	const struct flow_ending ending = { on_end, counts };
	const struct capture_options options = { 0 };
	struct error err;
	struct flow_table *const table = flow_table_new(&limits, &ending, &err);
	struct capture *const capture = capture_new(&options, &err);
	int status = EXIT_SUCCESS;

	if (table == NULL || capture == NULL || !capture_add(capture, path, &err))
		status = complain(err.text);
	else
		read_capture(capture, table, way, counts);
	capture_free(capture);
	flow_table_free(table);
	return status;
}

/* ---- strangers ---- */

/* Random bytes, and random words: half of the flows each. */
static void fill_strange(uint8_t bytes[static STRANGE_BYTES], uint64_t nth)
{
	for (unsigned i = 0; i < STRANGE_BYTES; i++) {
		const uint64_t drawn = hash_number(nth * STRANGE_BYTES + i + 1);

		bytes[i] = nth % 2 == 0 ? (uint8_t)drawn
					: (uint8_t)(drawn % 16 == 0 ? ' ' : 'a' + drawn % 26);
	}
}

/* Both sides have spoken. */
static unsigned recognise_all(const uint8_t (*strange)[STRANGE_BYTES], uint8_t transport)
{
	unsigned unknown = 0;

	for (unsigned i = 0; i < STRANGERS; i++) {
		struct identify_question question = {
			.from_start = true,
			.transport = transport,
			.ports = { 40000, 30000 },
		};
		struct identify_answer answer;

		for (unsigned end = 0; end < 2; end++)
			question.first[end] = span_of(strange[(i + end) % STRANGERS], STRANGE_BYTES);
		identify(&question, &answer);
		unknown += answer.protocol == NULL;
	}
	return unknown;
}

/* Nanoseconds for a flow. */
static double time_strangers(const uint8_t (*strange)[STRANGE_BYTES], uint8_t transport)
{
	struct timespec began, ended;
	unsigned unknown = recognise_all(strange, transport);

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
	for (unsigned turn = 1; turn < STRANGE_TURNS; turn++)
		unknown += recognise_all(strange, transport);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
	if (unknown != STRANGERS * STRANGE_TURNS)
		fprintf(stderr, "reading: somebody knows %u strangers\n",
			STRANGERS - unknown / STRANGE_TURNS);
	return ((double)(ended.tv_sec - began.tv_sec) * 1e9 + (double)(ended.tv_nsec - began.tv_nsec)) /
	       (STRANGERS * (STRANGE_TURNS - 1));
}

/* How many recognisers are asked about a datagram, of how many that are customary over them. */
static double count_asked(const uint8_t (*strange)[STRANGE_BYTES], unsigned *ret_all)
{
	const struct protocol *protocol;
	unsigned asked = 0;

	*ret_all = 0;
	for (size_t nth = 0; (protocol = protocol_nth(nth)) != NULL; nth++) {
		if (!protocol_is_over(protocol, TRANSPORT_UDP))
			continue;
		++*ret_all;
		for (unsigned i = 0; i < STRANGERS; i++)
			asked += protocol_finds_marks(protocol, span_of(strange[i], STRANGE_BYTES));
	}
	return (double)asked / STRANGERS;
}

static int recognise_strangers(void)
{
	static uint8_t strange[STRANGERS][STRANGE_BYTES];
	double streams, datagrams, asked;
	unsigned all;

	for (unsigned i = 0; i < STRANGERS; i++)
		fill_strange(strange[i], i);
	streams = time_strangers(strange, TRANSPORT_TCP);
	datagrams = time_strangers(strange, TRANSPORT_UDP);
	asked = count_asked(strange, &all);
	printf("%.1f ns a flow of streams, %.1f ns of datagrams, %.1f of %u recognisers asked about a "
	       "datagram\n",
	       streams, datagrams, asked, all);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const char *const ways[WAYS] = { "libpcap", "frames", "packets", "flows", "recognise" };
	struct counts counts = { 0 };
	int way = 0, status;

	while (argc == 3 && way < WAYS && strcmp(argv[1], ways[way]) != 0)
		way++;
	if (argc != 3 || way == WAYS)
		return complain("usage: reading libpcap|frames|packets|flows|recognise FILE");
	if (way == RECOGNISE)
		return recognise_strangers();
	status = way == LIBPCAP ? read_libpcap(argv[2], &counts) : read_ours(argv[2], (enum way)way, &counts);
	printf("%llu frames, %llu bytes, %llu packets, %llu flows, %llu MB of table\n",
	       (unsigned long long)counts.frames, (unsigned long long)counts.bytes,
	       (unsigned long long)counts.packets, (unsigned long long)counts.flows,
	       (unsigned long long)counts.memory >> 20);
	return status;
}
