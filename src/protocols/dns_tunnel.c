/* dns_tunnel.c: names that carry data. One is known by its length and make; slower tunnels, whose names are
 * no longer than those of content networks, by how many are asked for below one domain. */
#include "base/hash.h"
#include "protocols/dns.h"
#include "protocols/parse.h"

#include <ctype.h>

const struct weakness dns_tunnel = {
	"dns-tunnel",
	"names that carry data are asked for",
	2,
	"Find the program that asks. Names of this length and kind are how data is carried through DNS.",
};

static bool is_reverse(const char *name)
{
	const size_t length = strlen(name);

	return length >= 5 && strcasecmp(name + length - 5, ".arpa") == 0;
}

/* Names that carry data are long, and made of few long labels that nobody could have thought of: letters and
 * digits change places again and again, as in hexadecimal, base 32 or base 64. Escapes stand for octets that
 * are no text. */
static bool carries_data(const char *name, uint16_t type)
{
	enum { LONG = 80, LONG_LABEL = 40, CHANGES = 8, RAW = 24 };
	size_t length = 0, label = 0, longest = 0, changes = 0, raw = 0;
	bool digit = false;

	for (; name[length] != '\0'; length++) {
		const bool is_digit = isdigit((unsigned char)name[length]);

		label = name[length] == '.' ? 0 : label + 1;
		longest = label > longest ? label : longest;
		changes += is_digit != digit;
		raw += name[length] == '\\';
		digit = is_digit;
	}
	if (is_reverse(name))
		return false;
	if (raw >= RAW || (type == DNS_NULL && length >= LONG))
		return true;
	return length >= LONG && longest >= LONG_LABEL && changes >= CHANGES;
}

/* ---- many ---- */

/* Where the domain begins that somebody has registered: its last two labels, or three where the one before
 * the last is as short as in co.uk. */
static const char *domain_of(const char *name)
{
	enum { SHORT = 3 };
	const char *dots[3] = { NULL, NULL, NULL }; /* the last first */

	for (const char *at = strchr(name, '.'); at != NULL; at = strchr(at + 1, '.')) {
		dots[2] = dots[1];
		dots[1] = dots[0];
		dots[0] = at;
	}
	if (dots[1] == NULL)
		return name;
	if (dots[0] - dots[1] > SHORT + 1)
		return dots[1] + 1;
	return dots[2] != NULL ? dots[2] + 1 : name;
}

/* Letters and digits in turn, or letters of both cases, as nobody names a host. */
static bool could_carry(const char *name, const char *domain)
{
	enum { LABEL = 16, CHANGES = 6 };
	size_t label = 0, longest = 0, changes = 0;
	int kind = 0;

	for (const char *at = name; at < domain; at++) {
		const unsigned char c = (unsigned char)*at;
		const int now = isdigit(c) ? 1 : isupper(c) ? 2 : 3;

		label = c == '.' ? 0 : label + 1;
		longest = label > longest ? label : longest;
		changes += now != kind;
		kind = now;
	}
	return longest >= LABEL && changes >= CHANGES;
}

static uint32_t hash_of(struct span s)
{
	return (uint32_t)hash_bytes(s.at, span_left(s));
}

static void judge_number(struct dns_tunnel_seen *seen, struct parse *parse, const char *name)
{
	enum { NAMES = 100 };
	const char *const domain = domain_of(name);
	const size_t before = (size_t)(domain - name);
	const uint32_t domain_hash = hash_of(span_text(domain)), name_hash = hash_of(span_text(name));
	size_t i = 0, least = 0;

	if (before == 0 || is_reverse(name) || !could_carry(name, domain))
		return;
	for (i = 0; i < DNS_TUNNEL_DOMAINS && seen->list[i].domain != domain_hash; i++)
		if (seen->list[i].names < seen->list[least].names)
			least = i;
	if (i == DNS_TUNNEL_DOMAINS && seen->list[least].names > 0) {
		seen->list[least].names--;
		return;
	}
	if (i == DNS_TUNNEL_DOMAINS) {
		i = least;
		seen->list[i].domain = domain_hash;
		seen->list[i].longest = 0;
	}
	if (seen->list[i].last == name_hash || seen->list[i].names == NAMES)
		return; /* of another type, or asked for once more */
	seen->list[i].last = name_hash;
	if (before > seen->list[i].longest)
		seen->list[i].longest = (uint16_t)before;
	if (++seen->list[i].names == NAMES)
		parse_weakness(
			parse, &dns_tunnel,
			"%d names of up to %u octets were asked for below %.120s, the last of them %.120s",
			NAMES, seen->list[i].longest, domain, name);
}

void dns_tunnel_judge(struct dns_tunnel_seen *seen, struct parse *parse, const struct dns_question *q)
{
	if (carries_data(q->name, q->type))
		parse_weakness(parse, &dns_tunnel, "%.120s was asked for", q->name);
	else
		judge_number(seen, parse, q->name);
}
