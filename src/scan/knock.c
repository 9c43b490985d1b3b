#include "scan/engine.h"

#include "base/clock.h"

#include <stdio.h>

enum { TOTAL_MS = 3000, AT_ONCE = 4096, PER_DOOR = 24, PATIENCE_LEAST = 20 };

/* Doors that act on whatever bytes they get, or keep them: the wrong words there do harm, and asking them is
 * not worth it. Other servers refuse what they do not understand.
 *
 * Printers print: 9100 to 9107 take raw pages, 515 is LPD. Loggers write down what comes: 514 and 601 are
 * syslog, 162 takes SNMP traps. 514/tcp may be rsh as well, 512 and 513 are rexec and rlogin, which log
 * failed logins. Controllers in machines and buildings have been seen to stop on words of other protocols:
 * 102 (S7), 502 (Modbus), 1962 and 20547 (PLC engineering), 2404 (IEC 60870-5-104), 9600 (FINS), 18245
 * (SRTP), 20000 (DNP3), 34962 to 34964 (PROFINET), 44818 and 2222 over UDP (EtherNet/IP), 47808 (BACnet).
 * Metrics are kept under whatever name they have: 2003 and 2004 (Graphite), 8125 (StatsD), 25826 (collectd).
 */
static const struct catalog_door forbidden[] = {
	{ TRANSPORT_TCP, 102, 102 },     { TRANSPORT_TCP, 502, 502 },     { TRANSPORT_TCP, 512, 515 },
	{ TRANSPORT_TCP, 601, 601 },     { TRANSPORT_TCP, 1962, 1962 },   { TRANSPORT_TCP, 2003, 2004 },
	{ TRANSPORT_TCP, 2404, 2404 },   { TRANSPORT_TCP, 8125, 8125 },   { TRANSPORT_TCP, 9100, 9107 },
	{ TRANSPORT_TCP, 9600, 9600 },   { TRANSPORT_TCP, 18245, 18245 }, { TRANSPORT_TCP, 20000, 20000 },
	{ TRANSPORT_TCP, 20547, 20547 }, { TRANSPORT_TCP, 34962, 34964 }, { TRANSPORT_TCP, 44818, 44818 },
	{ TRANSPORT_UDP, 162, 162 },     { TRANSPORT_UDP, 502, 502 },     { TRANSPORT_UDP, 514, 515 },
	{ TRANSPORT_UDP, 2003, 2004 },   { TRANSPORT_UDP, 2222, 2222 },   { TRANSPORT_UDP, 8125, 8125 },
	{ TRANSPORT_UDP, 9600, 9600 },   { TRANSPORT_UDP, 18246, 18246 }, { TRANSPORT_UDP, 20000, 20000 },
	{ TRANSPORT_UDP, 25826, 25826 }, { TRANSPORT_UDP, 34962, 34964 }, { TRANSPORT_UDP, 44818, 44818 },
	{ TRANSPORT_UDP, 47808, 47823 },
};

bool knock_is_forbidden(uint16_t transport, uint16_t port)
{
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++)
		if (forbidden[i].transport == transport && port >= forbidden[i].first &&
		    port <= forbidden[i].last)
			return true;
	return false;
}

static struct knock_limits limits_or_usual(const struct knock_limits *limits)
{
	struct knock_limits usual = { TOTAL_MS, AT_ONCE, PER_DOOR };

	if (limits == NULL)
		return usual;
	usual.total_ms = limits->total_ms > 0 ? limits->total_ms : TOTAL_MS;
	usual.at_once = limits->at_once > 0 ? limits->at_once : AT_ONCE;
	usual.per_door = limits->per_door > 0 ? limits->per_door : PER_DOOR;
	return usual;
}

/* With fewer places than doors, each door gets as much less time. */
static unsigned patience_for(const struct engine *engine, size_t doors)
{
	const size_t percent = doors > 0 ? (size_t)100 * engine->limits.at_once / doors : 100;

	if (percent >= 100)
		return 100;
	return percent > PATIENCE_LEAST ? (unsigned)percent : PATIENCE_LEAST;
}

bool knock(const struct knock_door *doors, size_t count, const struct knock_limits *limits,
	   struct knock_result *results, struct error *err)
{
	struct engine engine = { .epoll = -1, .limits = limits_or_usual(limits) };
	struct door *plans = NULL;
	bool done = false;

	memset(results, 0, count * sizeof(*results));
	if (!engine_open(&engine, err))
		goto out;
	plans = doors_new(&engine, doors, count, results);
	if (plans == NULL) {
		(void)error_memory(err);
		goto out;
	}
	engine.patience = patience_for(&engine, count);
	engine.end = clock_monotonic_ms() + engine.limits.total_ms;
	doors_begin(plans, count);
	engine_run(&engine);
	doors_end(plans, count);
	done = true;
out:
	engine_close(&engine);
	return done;
}

const char *knock_spoken(const struct knock_result *result, char text[static 64])
{
	if (result->outcome != KNOCK_IDENTIFIED || result->protocol == NULL)
		return NULL;
	(void)snprintf(text, 64, "%s%s%s", result->protocol->name, result->inside_tls != NULL ? ":" : "",
		       result->inside_tls != NULL ? result->inside_tls->name : "");
	return text;
}
