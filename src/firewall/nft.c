/* The rule set as a whole: one transaction, the base chains, and what passes before any rule. */
#include "firewall/nft.h"
#include "base/hash.h"
#include "firewall/ruleset.h"

enum { DIGEST_DIGITS = 16 };

/* What a host needs to be on a network at all, whatever its policy says: neighbour discovery (RFC 4861; a hop
 * limit of 255 proves that it was not forwarded), listener reports (RFC 3810, from link-local addresses),
 * path MTU (RFC 8201, RFC 1191), and the addresses that it gets itself (RFC 2131, RFC 8415). */
#define NEIGHBOURS                                                                                           \
	"\t\ticmpv6 type {\n"                                                                                \
	"\t\t\tnd-router-solicit,\n"                                                                         \
	"\t\t\tnd-router-advert,\n"                                                                          \
	"\t\t\tnd-neighbor-solicit,\n"                                                                       \
	"\t\t\tnd-neighbor-advert\n"                                                                         \
	"\t\t} ip6 hoplimit 255 accept\n"
#define LISTENERS                                                                                            \
	"\t\ticmpv6 type {\n"                                                                                \
	"\t\t\tmld-listener-query,\n"                                                                        \
	"\t\t\tmld-listener-report,\n"                                                                       \
	"\t\t\tmld-listener-done,\n"                                                                         \
	"\t\t\tmld2-listener-report\n"
#define PATH_MTU                                                                                             \
	"\t\ticmpv6 type packet-too-big accept\n"                                                            \
	"\t\ticmp type destination-unreachable icmp code frag-needed accept\n"

static const char needed_in[] = "\tchain needed-in {\n" NEIGHBOURS LISTENERS
				"\t\t} ip6 saddr fe80::/10 accept\n" PATH_MTU "\t}\n";

static const char needed_out[] = "\tchain needed-out {\n" NEIGHBOURS LISTENERS
				 "\t\t} ip6 hoplimit 1 accept\n" PATH_MTU "\t}\n";

/* What comes behind the digest of all that follows.
 *
 * Before a DNAT has changed where a packet goes to (priority -100), and behind the connection tracker (-200):
 * what Docker or Podman publish is judged by the address and port that were asked for, and by nothing else.
 */
static const char base_chains[] = "\tchain prerouting {\n"
				  "\t\ttype filter hook prerouting priority -190\n"
				  "\t\tpolicy %s\n"
				  "\t\tct state established,related accept\n"
				  "\t\tiif \"lo\" accept\n"
				  "\t\tmeta l4proto icmp jump needed-in\n"
				  "\t\tmeta l4proto icmpv6 jump needed-in\n"
				  "\t\tudp dport 68 udp sport 67 accept\n"
				  "\t\tudp dport 546 udp sport 547 ip6 saddr fe80::/10 accept\n"
				  "\t\tfib daddr type {\n"
				  "\t\t\tlocal,\n"
				  "\t\t\tbroadcast,\n"
				  "\t\t\tanycast,\n"
				  "\t\t\tmulticast\n"
				  "\t\t} goto in\n"
				  "\t\tgoto through\n"
				  "\t}\n"
				  "\n"
				  "\tchain output {\n"
				  "\t\ttype filter hook output priority -190\n"
				  "\t\tpolicy %s\n"
				  "\t\tct state established,related accept\n"
				  "\t\toif \"lo\" accept\n"
				  "\t\tmeta l4proto icmp jump needed-out\n"
				  "\t\tmeta l4proto icmpv6 jump needed-out\n"
				  "\t\tudp dport 67 udp sport 68 accept\n"
				  "\t\tudp dport 547 udp sport 546 ip6 daddr ff02::1:2 accept\n"
				  "\t\tgoto out\n"
				  "\t}\n\n";

/* The answers that RFC 1122 and RFC 4443 have for a door that is closed, and for what may not be asked. */
static const char refuse[] = "\n"
			     "\tchain refuse {\n"
			     "\t\tmeta l4proto tcp reject with tcp reset\n"
			     "\t\tmeta l4proto udp reject with icmpx port-unreachable\n"
			     "\t\treject with icmpx admin-prohibited\n"
			     "\t}\n";

static void write_helper_objects(const struct firewall *firewall, struct buffer *out)
{
	static const struct {
		const char *name, *transport;
	} known[] = { { "ftp", "tcp" }, { "tftp", "udp" } };

	for (size_t h = 0; h < sizeof(known) / sizeof(known[0]); h++) {
		bool used = false;

		for (size_t i = 0; !used && i < firewall->policy->rule_count; i++)
			used = !firewall->rules[i].idle &&
			       rule_has_helper(&firewall->policy->rules[i], known[h].name);
		if (used)
			buffer_format(out, "\tct helper %s {\n\t\ttype \"%s\" protocol %s\n\t}\n\n",
				      known[h].name, known[h].name, known[h].transport);
	}
}

static bool write_inside(const struct firewall *firewall, struct buffer *out)
{
	const char *const last = firewall->policy->mode == MODE_ENFORCE ? "drop" : "accept";

	buffer_format(out, base_chains, last, last);
	write_helper_objects(firewall, out);
	buffer_text(out, needed_in);
	buffer_text(out, "\n");
	buffer_text(out, needed_out);
	for (enum direction direction = 0; direction < DIRECTIONS; direction++)
		nft_floor(firewall, direction, out);
	for (size_t i = 0; i < firewall->policy->rule_count; i++) {
		if (!firewall->rules[i].idle)
			nft_rule(firewall, &firewall->policy->rules[i], out);
	}
	buffer_text(out, refuse);
	return !out->failed;
}

/* The digest stands before what it is of, and is known behind it. */
bool nft_write(struct firewall *firewall)
{
	struct buffer *const out = &firewall->text;
	size_t digest, inside, end;

	buffer_text(out, RULESET_REPLACES "table inet doorward {\n\tchain digest {\n\t\tcomment \"");
	digest = out->length;
	buffer_hex(out, 0, DIGEST_DIGITS);
	buffer_text(out, "\"\n\t}\n\n");
	inside = out->length;
	if (!write_inside(firewall, out))
		return false;
	firewall->digest = hash_bytes(out->bytes + inside, out->length - inside);
	buffer_text(out, "}\n");
	end = out->length;
	out->length = digest;
	buffer_hex(out, firewall->digest, DIGEST_DIGITS);
	out->length = end;
	return !out->failed;
}

struct span firewall_text(const struct firewall *firewall)
{
	return buffer_read(&firewall->text);
}
