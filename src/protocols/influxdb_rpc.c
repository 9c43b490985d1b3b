/* influxdb_rpc.c: InfluxDB's service of backups (services/snapshotter in the sources of its versions 1): an
 * octet for the service, one for what is wanted, and the wish in JSON; some answers are JSON as well. */
#include "protocols/lines.h"

enum { SERVICE = 3, DATABASE_INFO = 3, WISHES = 7 };

static const struct weakness influxdb_rpc_open = {
	"influxdb-rpc-open",
	"InfluxDB hands its backups to everybody",
	1,
	"Bind the service to loopback (bind-address at the top of influxdb.conf), or let it in from the "
	"hosts "
	"that make backups alone: it knows no passwords.",
};
static const struct weakness *const weaknesses[] = { &influxdb_rpc_open, NULL };

static const char wish[] = "{\"Type\":", paths[] = "{\"Paths\":";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_SERVER)
		return recognise_text(first, paths);
	if (span_peek(first, 0) != SERVICE)
		return NO;
	if (span_left(first) < 3)
		return span_left(first) < 2 || span_peek(first, 1) < WISHES ? MORE : NO;
	if (span_peek(first, 1) >= WISHES)
		return NO;
	span_skip(&first, 2);
	return recognise_text(first, wish);
}

/* ---- asking ---- */

/* Which databases there are: where their files lie, and nothing of what is in them. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u8(out, SERVICE);
	buffer_u8(out, DATABASE_INFO);
	buffer_text(out, "{\"Type\":3}\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise_text(*heard, paths) : MORE;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	heard->at = heard->end;
	answer_weakness(answer, &influxdb_rpc_open, "it told the paths of its databases");
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_influxdb_rpc = {
	.name = "influxdb-rpc",
	.title = "InfluxDB backup and restore",
	DOORS(TCP(8088)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
	.weaknesses = weaknesses,
};
