/* What a rule does once it decides: its chain counts, and then limits, logs and passes or refuses. */
#include "firewall/nft.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

/* What stands behind all that a rule asks for. */
static const char *refusal(const struct firewall *firewall, const struct rule *rule)
{
	if (firewall->policy->mode != MODE_ENFORCE || rule->test)
		return "accept";
	return rule->verdict == VERDICT_REJECT ? "goto refuse" : "drop";
}

/* Testing reports what would have been refused; looking alone does not. */
static bool is_tested(const struct firewall *firewall, const struct rule *rule)
{
	return firewall->policy->mode == MODE_TEST || (firewall->policy->mode == MODE_ENFORCE && rule->test);
}

/* The limit is the log's own: past it packets are decided as before and only counted. The counter here has
 * those that were logged, the first one of the chain all, and what is between them was left out. */
static void write_log(const char *word, const char *id, struct buffer *out)
{
	buffer_format(
		out,
		"\t\tlimit rate %u/second burst %u packets counter log prefix \"doorward %s %s\" group %u\n",
		FIREWALL_LOG_RATE, FIREWALL_LOG_BURST, word, id, FIREWALL_LOG_GROUP);
}

static void write_refusal(const struct firewall *firewall, const struct rule *rule, const char *word,
			  struct buffer *out)
{
	char would[32];

	if (is_tested(firewall, rule)) {
		snprintf(would, sizeof(would), "would-%s", word);
		write_log(would, rule->id, out);
	} else if (rule->log) {
		write_log(word, rule->id, out);
	}
	buffer_format(out, "\t\t%s\n", refusal(firewall, rule));
}

static void begin_chain(const struct rule *rule, const char *behind, struct buffer *out)
{
	buffer_text(out, "\n\tchain rule-");
	buffer_text(out, rule->id);
	buffer_text(out, behind);
	buffer_text(out, " {\n");
}

/* ---- by ---- */

/* systemd's services stand in system.slice, named as the service. Names from a policy never leave that
 * folder.
 */
static bool is_unit_name(const char *by)
{
	return strspn(by, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@_.-") ==
		       strlen(by) &&
	       by[0] != '.' && strlen(by) < 200;
}

bool owner_expression(const char *by, char text[static OWNER_TEXT])
{
	const struct passwd *const user = getpwnam(by);
	char path[256];

	if (user != NULL) {
		snprintf(text, OWNER_TEXT, "meta skuid %u", (unsigned)user->pw_uid);
		return true;
	}
	if (!is_unit_name(by))
		return false;
	snprintf(path, sizeof(path), "/sys/fs/cgroup/system.slice/%s%s", by,
		 strstr(by, ".service") != NULL ? "" : ".service");
	if (access(path, F_OK) != 0)
		return false;
	snprintf(text, OWNER_TEXT, "socket cgroupv2 level 2 \"%s\"", path + strlen("/sys/fs/cgroup/"));
	return true;
}

static bool has_owner(const struct rule *rule, char text[static OWNER_TEXT])
{
	return rule->by != NULL && rule->verdict == VERDICT_ALLOW && rule->direction == DIRECTION_OUT &&
	       owner_expression(rule->by, text);
}

/* ---- helpers ---- */

static const struct {
	const char *protocol, *transport;
	uint16_t number;
} helpers[] = {
	{ "ftp", "tcp", TRANSPORT_TCP },
	{ "tftp", "udp", TRANSPORT_UDP },
};

static bool door_is_of(const struct door *door, const char *protocol)
{
	return door->service != NULL && strcmp(door->service->name, protocol) == 0;
}

bool rule_has_helper(const struct rule *rule, const char *protocol)
{
	for (size_t i = 0; i < rule->door_count; i++) {
		if (rule->verdict == VERDICT_ALLOW && door_is_of(&rule->doors[i], protocol))
			return true;
	}
	return false;
}

static void write_helper(const char *transport, const struct match *ports, const char *helper,
			 struct buffer *out)
{
	buffer_format(out, "\t\t%s dport %u", transport, ports->first);
	if (ports->last > ports->first)
		buffer_format(out, "-%u", ports->last);
	buffer_format(out, " ct helper set \"%s\"\n", helper);
}

/* The data connections that the protocol announces are related, and pass with it. */
static void write_helpers(const struct rule *rule, struct buffer *out)
{
	for (size_t h = 0; h < sizeof(helpers) / sizeof(helpers[0]); h++) {
		for (size_t i = 0; i < rule->door_count; i++) {
			const struct door *const door = &rule->doors[i];

			for (size_t k = 0; k < door->match_count; k++) {
				if (!door_is_of(door, helpers[h].protocol) ||
				    door->matches[k].transport != helpers[h].number)
					continue;
				write_helper(helpers[h].transport, &door->matches[k], helpers[h].protocol,
					     out);
			}
		}
	}
}

/* ---- the chains ---- */

/* The limit's burst is its own count, so that 1/hour is one in an hour. */
static void write_accepting(const struct rule *rule, struct buffer *out)
{
	if (rule->limit.count > 0)
		buffer_format(out, "\t\tlimit rate over %u/%s burst %u packets goto rule-%s/over\n",
			      rule->limit.count, rule->limit.unit, rule->limit.count, rule->id);
	write_helpers(rule, out);
	if (rule->log)
		write_log("allow", rule->id, out);
	buffer_text(out, "\t\taccept\n\t}\n");
}

static void write_over(const struct firewall *firewall, const struct rule *rule, struct buffer *out)
{
	begin_chain(rule, "/over", out);
	buffer_text(out, "\t\tcounter\n");
	write_refusal(firewall, rule, "limit", out);
	buffer_text(out, "\t}\n");
}

/* Whether it counts and decides, and nothing else: one rule of the kernel does both. */
static bool is_plain(const struct firewall *firewall, const struct rule *rule)
{
	char owner[OWNER_TEXT];

	if (rule->log)
		return false;
	if (rule->verdict != VERDICT_ALLOW)
		return !is_tested(firewall, rule);
	return rule->limit.count == 0 && !rule_has_helper(rule, "ftp") && !rule_has_helper(rule, "tftp") &&
	       !has_owner(rule, owner);
}

static void write_count(const struct firewall *firewall, const struct rule *rule, const char *verdict,
			struct buffer *out)
{
	buffer_text(out, verdict[0] != '\0' ? "\t\tcounter " : "\t\tcounter");
	buffer_text(out, verdict);
	buffer_text(out, " comment \"");
	buffer_hex(out, firewall->rules[rule->number].digest, 16);
	buffer_text(out, "\"\n");
}

void nft_rule(const struct firewall *firewall, const struct rule *rule, struct buffer *out)
{
	char owner[OWNER_TEXT];

	begin_chain(rule, "", out);
	if (is_plain(firewall, rule)) {
		write_count(firewall, rule,
			    rule->verdict == VERDICT_ALLOW ? "accept" : refusal(firewall, rule), out);
		buffer_text(out, "\t}\n");
		return;
	}
	write_count(firewall, rule, "", out);
	if (rule->verdict != VERDICT_ALLOW) {
		write_refusal(firewall, rule, verdict_text(rule->verdict), out);
		buffer_text(out, "\t}\n");
		return;
	}
	if (has_owner(rule, owner)) {
		buffer_format(out, "\t\t%s goto rule-%s/by\n", owner, rule->id);
		write_refusal(firewall, rule, "by", out);
		buffer_text(out, "\t}\n");
		begin_chain(rule, "/by", out);
	}
	write_accepting(rule, out);
	if (rule->limit.count > 0)
		write_over(firewall, rule, out);
}

void nft_none(const struct firewall *firewall, enum direction direction, struct buffer *out)
{
	buffer_text(out, "\t\tcounter\n");
	if (firewall->policy->mode == MODE_TEST)
		write_log("would-deny", direction_text(direction), out);
	buffer_format(out, "\t\t%s\n", firewall->policy->mode == MODE_ENFORCE ? "drop" : "accept");
}
