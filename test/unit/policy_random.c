#include "policy_random.h"
#include "base/hash.h"
#include "catalog/catalog.h"
#include "policy/policy.h"

enum { NAMES = 6 };

static const char *const services[] = { "http", "https", "dns", "ssh", "smtp", "snmp", "mysql", "ntp" };
static const char *const transports[] = { "tcp", "udp", "sctp" };
static const char *const portless[] = { "gre", "esp", "ah", "igmp" };
static const char *const icmp_doors[] = { "icmp",          "icmp/echo-request",   "icmp/3",
					  "icmp/8-13",     "icmpv6/echo-request", "icmpv6",
					  "icmpv6/133-136" };
static const char *const interfaces[] = { "eth0", "eth1", "eth*", "lo", "wg0", "br-lan" };
static const char *const networks[] = { "192.0.2.0/24", "192.0.2.128/25", "198.51.100.0/24", "10.0.0.0/8",
					"0.0.0.0/0",    "2001:db8::/32",  "2001:db8:9::/48", "::/0" };
static const char *const words[] = { "self", "local", "multicast", "broadcast", "any" };
static const char *const texts[] = { "\"web team\"",
				     "ops",
				     "\"a \\\"quoted\\\" word\"",
				     "\"back\\\\slash\"",
				     "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac\"",
				     "\"# no comment, = nothing\"" };
static const char *const findings[] = { "cleartext", "undocumented", "weak-version" };

#define ANY_OF(list) (list)[random_below(random, sizeof(list) / sizeof((list)[0]))]

struct random_source random_begin(uint64_t seed)
{
	return (struct random_source){ .state = hash_number(seed + 1) };
}

/* Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014. */
uint64_t random_below(struct random_source *random, uint64_t bound)
{
	random->state += 0x9e3779b97f4a7c15u;
	return hash_number(random->state) % bound;
}

bool random_one_in(struct random_source *random, uint64_t n)
{
	return random_below(random, n) == 0;
}

/* What may stand between two words: blanks, or the end of the line and an indented one, with comments. */
static void gap(struct random_source *random, struct buffer *out)
{
	switch (random_below(random, 24)) {
	case 0: buffer_text(out, "\n    "); break;
	case 1: buffer_text(out, "  # why\n\t"); break;
	case 2: buffer_text(out, "\n  # a line of its own\n  "); break;
	case 3: buffer_text(out, "\t  "); break;
	case 4: buffer_text(out, "\r\n "); break;
	case 5: buffer_text(out, "\n\n    "); break;
	default: buffer_u8(out, ' ');
	}
}

static void comma(struct random_source *random, struct buffer *out)
{
	if (random_one_in(random, 4))
		buffer_u8(out, ' ');
	buffer_u8(out, ',');
	if (!random_one_in(random, 4))
		gap(random, out);
}

static unsigned port(struct random_source *random)
{
	static const uint16_t common[] = { 0, 22, 25, 53, 80, 443, 1024, 3306, 8080, 49152, 65535 };

	return random_one_in(random, 4) ? (unsigned)random_below(random, 65536) : ANY_OF(common);
}

static void ports(struct random_source *random, struct buffer *out)
{
	unsigned first, last;

	switch (random_below(random, 6)) {
	case 0: buffer_text(out, catalog_port_ranges[random_below(random, PORT_RANGES)].name); break;
	case 1:
		first = port(random);
		last = port(random);
		buffer_format(out, "%u-%u", first < last ? first : last, first < last ? last : first);
		break;
	default: buffer_format(out, "%u", port(random));
	}
}

/* Any service of the catalogue, by itself: its own ports. */
static void any_service(struct random_source *random, struct buffer *out)
{
	const struct service *service = catalog_service_nth(random_below(random, 400));

	if (service == NULL || service->door_count == 0 ||
	    catalog_transport_named(span_text(service->name)) != NULL)
		service = catalog_service(span_text("ssh"));
	buffer_text(out, service->name);
}

static void door(struct random_source *random, struct buffer *out)
{
	switch (random_below(random, 8)) {
	case 0: any_service(random, out); break;
	case 1: buffer_text(out, ANY_OF(portless)); break;
	case 2: buffer_text(out, ANY_OF(icmp_doors)); break;
	case 3:
		buffer_format(out, "%s/", ANY_OF(transports));
		ports(random, out);
		break;
	case 4:
		buffer_format(out, "%s/", ANY_OF(services));
		ports(random, out);
		buffer_format(out, "/%s", ANY_OF(transports));
		break;
	case 5: buffer_text(out, random_one_in(random, 3) ? ANY_OF(transports) : ANY_OF(services)); break;
	default: buffer_format(out, "%s/", ANY_OF(services)); ports(random, out);
	}
}

static void doors(struct random_source *random, struct buffer *out)
{
	if (random_one_in(random, 12)) {
		buffer_text(out, "all");
		return;
	}
	for (size_t left = 1 + random_below(random, 3); left > 0; left--) {
		door(random, out);
		if (left > 1)
			comma(random, out);
	}
}

static void address(struct random_source *random, struct buffer *out)
{
	if (random_one_in(random, 3))
		buffer_format(out, "2001:db8:9::%x", (unsigned)random_below(random, 8));
	else
		buffer_format(out, "192.0.2.%u", 120 + (unsigned)random_below(random, 16));
}

/* `names` of the names may be used so far. */
static void term(struct random_source *random, size_t names, struct buffer *out)
{
	const unsigned low = (unsigned)random_below(random, 200);

	switch (random_below(random, 6)) {
	case 0: buffer_text(out, ANY_OF(words)); break;
	case 1: buffer_text(out, ANY_OF(networks)); break;
	case 2:
		buffer_format(out, "192.0.2.%u-192.0.2.%u", low, low + (unsigned)random_below(random, 50));
		break;
	case 3:
		if (names > 0) {
			buffer_format(out, "name-%u", (unsigned)random_below(random, names));
			break;
		}
		/* fall through */
	default: address(random, out);
	}
}

static void terms(struct random_source *random, size_t names, struct buffer *out)
{
	for (size_t left = 1 + random_below(random, 3); left > 0; left--) {
		term(random, names, out);
		if (left > 1)
			comma(random, out);
	}
}

static void addresses(struct random_source *random, size_t names, struct buffer *out)
{
	terms(random, names, out);
	if (!random_one_in(random, 4))
		return;
	gap(random, out);
	buffer_text(out, "except ");
	terms(random, names, out);
}

static void date(struct random_source *random, struct buffer *out)
{
	buffer_format(out, "%u-%02u-%02u", 2020 + (unsigned)random_below(random, 20),
		      1 + (unsigned)random_below(random, 12), 1 + (unsigned)random_below(random, 28));
}

static void interface_list(struct random_source *random, struct buffer *out)
{
	buffer_text(out, ANY_OF(interfaces));
	if (!random_one_in(random, 3))
		return;
	comma(random, out);
	buffer_text(out, ANY_OF(interfaces));
}

/* The options that every rule may have: number n of them. */
static void option(struct random_source *random, size_t n, size_t rule, struct buffer *out)
{
	static const char *const with_text[] = { "service",  "owner",      "because",
						 "boundary", "mitigation", "data" };
	enum { TEXTS = sizeof(with_text) / sizeof(with_text[0]) };

	if (n < TEXTS) {
		buffer_format(out, "%s %s", with_text[n], ANY_OF(texts));
		return;
	}
	switch (n - TEXTS) {
	case 0: buffer_text(out, "log"); break;
	case 1: buffer_text(out, "test"); break;
	case 2: buffer_format(out, "id rule-%zu", rule); break;
	case 3:
		buffer_format(out, "approved %s ", ANY_OF(texts));
		if (random_one_in(random, 2))
			date(random, out);
		break;
	case 4:
		buffer_text(out, "review ");
		date(random, out);
		break;
	default: buffer_text(out, "until "); date(random, out);
	}
}

enum { OPTION_KINDS = 12 };

static void options_of(struct random_source *random, bool allow, size_t rule, struct buffer *out)
{
	static const char *const units[] = { "second", "minute", "hour", "day" };
	const uint64_t chosen = random_below(random, 1 << OPTION_KINDS) &
				random_below(random, 1 << OPTION_KINDS);
	const size_t turn = random_below(random, OPTION_KINDS);

	for (size_t i = 0; i < OPTION_KINDS; i++) {
		const size_t n = (i + turn) % OPTION_KINDS;

		if ((chosen >> n & 1) == 0)
			continue;
		gap(random, out);
		option(random, n, rule, out);
	}
	if (allow && random_one_in(random, 4)) {
		gap(random, out);
		buffer_format(out, "limit %u/%s", 1 + (unsigned)random_below(random, 100), ANY_OF(units));
	}
	if (allow && random_one_in(random, 4)) {
		gap(random, out);
		buffer_text(out, "by nginx");
	}
}

static void part(struct random_source *random, const char *keyword, size_t names, struct buffer *out)
{
	if (!random_one_in(random, 2))
		return;
	gap(random, out);
	buffer_format(out, "%s ", keyword);
	addresses(random, names, out);
}

static void rule(struct random_source *random, size_t number, size_t names, struct buffer *out)
{
	static const char *const verdicts[] = { "allow", "allow", "deny", "reject" };
	const char *const verdict = ANY_OF(verdicts);

	buffer_format(out, "%s ", verdict);
	if (random_one_in(random, 3))
		buffer_format(out, "%s ", direction_text((enum direction)random_below(random, DIRECTIONS)));
	doors(random, out);
	part(random, "from", names, out);
	part(random, "to", names, out);
	if (random_one_in(random, 4)) {
		gap(random, out);
		buffer_text(out, "on ");
		interface_list(random, out);
	}
	options_of(random, strcmp(verdict, "allow") == 0, number, out);
}

void question_random(struct random_source *random, struct buffer *out)
{
	const bool v6 = random_one_in(random, 3);

	if (random_one_in(random, 4))
		buffer_format(out, "%s ", direction_text((enum direction)random_below(random, DIRECTIONS)));
	switch (random_below(random, 5)) {
	case 0: buffer_text(out, ANY_OF(portless)); break;
	case 1: buffer_text(out, v6 ? "icmpv6/echo-request" : "icmp/8"); break;
	case 2: buffer_format(out, "%s/%u", ANY_OF(services), port(random)); break;
	default: buffer_format(out, "%s/%u", ANY_OF(transports), port(random));
	}
	for (int end = 0; end < 2; end++) {
		if (random_one_in(random, 3))
			continue;
		buffer_text(out, end == 0 ? " from " : " to ");
		if (v6)
			buffer_format(out, "2001:db8:9::%x", (unsigned)random_below(random, 8));
		else
			buffer_format(out, "192.0.2.%u", 120 + (unsigned)random_below(random, 16));
	}
	if (random_one_in(random, 4))
		buffer_format(out, " on %s", random_one_in(random, 2) ? "eth0" : "wg0");
}

static void accept(struct random_source *random, struct buffer *out)
{
	buffer_format(out, "accept %s", ANY_OF(findings));
	if (random_one_in(random, 2)) {
		buffer_text(out, " on ");
		doors(random, out);
	}
	gap(random, out);
	buffer_format(out, "because %s", ANY_OF(texts));
	gap(random, out);
	buffer_text(out, "until ");
	date(random, out);
}

/* Empty lines and comments between statements, and behind one. */
static void between(struct random_source *random, struct buffer *out)
{
	buffer_text(out, random_one_in(random, 6) ? "   # behind it\n" : "\n");
	switch (random_below(random, 6)) {
	case 0: buffer_text(out, "\n"); break;
	case 1: buffer_text(out, "# a comment\n"); break;
	case 2: buffer_text(out, "\n\n# one group\n\n  # another\n"); break;
	default: break;
	}
}

static void settings(struct random_source *random, struct buffer *out)
{
	static const char *const modes[] = { "observe", "test", "enforce" };

	if (random_one_in(random, 2)) {
		buffer_format(out, "mode %s", ANY_OF(modes));
		between(random, out);
	}
	if (random_one_in(random, 2)) {
		buffer_format(out, "host %s", ANY_OF(texts));
		between(random, out);
	}
}

void policy_random(struct random_source *random, size_t rules, struct buffer *out)
{
	const size_t names = random_below(random, NAMES);

	if (random_one_in(random, 3))
		buffer_text(out, "\n# the head of the file\n\n");
	settings(random, out);
	for (size_t i = 0; i < names; i++) {
		buffer_format(out, "let name-%zu = ", i);
		addresses(random, i, out);
		between(random, out);
	}
	for (size_t i = 0; i < rules; i++) {
		rule(random, i, names, out);
		between(random, out);
		if (random_one_in(random, 12)) {
			buffer_text(out, random_one_in(random, 2) ? "expect deny " : "expect allow ");
			question_random(random, out);
			between(random, out);
		}
		if (random_one_in(random, 16)) {
			accept(random, out);
			between(random, out);
		}
	}
}
