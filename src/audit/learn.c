/* A first policy from what is seen: doors of one program with one reach become one rule. What is observed is
 * not thereby approved, so owners and reasons are left for people to fill in. */
#include "audit/learn.h"
#include "base/clock.h"

#include <stdlib.h>

enum { ADDRESSES_MOST = 8 }; /* more are a sign that the address is not meant */

static bool is_learned(const struct audit_door *door)
{
	return door->space == 0 && door->socket_count > 0 && !door->temporary;
}

/* Whether all its sockets are bound to addresses of their own, so that the rule can name them. */
static bool is_bound(const struct audit_door *door)
{
	for (size_t i = 0; i < door->socket_count; i++) {
		const struct address *const local = &door->sockets[i]->local;

		if (address_is_unspecified(local) || catalog_cast(local) != CAST_UNICAST)
			return false;
	}
	return door->exposure > EXPOSED_HOST && door->socket_count <= ADDRESSES_MOST;
}

static const char *program_of(const struct audit_door *door)
{
	return door->process != NULL ? door->process->name : "";
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

/* Equal when one rule speaks of both. */
static int compare_rules(const struct learned *a, const struct learned *b)
{
	int order = strcmp(program_of(a->door), program_of(b->door));

	if (order == 0)
		order = compare_text(a->door->unit, b->door->unit);
	if (order == 0)
		order = (int)a->door->exposure - (int)b->door->exposure;
	if (order == 0)
		order = (int)a->bound - (int)b->bound;
	if (order == 0 && a->bound)
		order = strcmp(a->door->addresses, b->door->addresses);
	if (order == 0)
		order = compare_text(a->door->process == NULL ? a->door->user : "",
				     b->door->process == NULL ? b->door->user : "");
	return order;
}

static int by_rule(const void *first, const void *second)
{
	const struct learned *const a = first, *const b = second;
	const int order = compare_rules(a, b);

	return order != 0 ? order : a->door < b->door ? -1 : a->door > b->door;
}

/* Rules stand in the order of their first doors, as the screen of `check` has them. */
static int by_first_door(const void *first, const void *second)
{
	const struct learned *const a = first, *const b = second;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->door < b->door ? -1 : a->door > b->door;
}

static struct learned *learn_doors(struct arena *arena, const struct audit *audit, size_t *ret_count)
{
	struct learned *const learned = arena_array(arena, audit->door_count + 1, sizeof(*learned));
	size_t count = 0;

	for (size_t i = 0; learned != NULL && i < audit->door_count; i++) {
		if (is_learned(&audit->doors[i]))
			learned[count++] = (struct learned){ .door = &audit->doors[i],
							     .bound = is_bound(&audit->doors[i]) };
	}
	*ret_count = count;
	if (learned == NULL)
		return NULL;
	qsort(learned, count, sizeof(*learned), by_rule);
	for (size_t i = 0; i < count; i++)
		learned[i].first = i > 0 && compare_rules(&learned[i - 1], &learned[i]) == 0
					   ? learned[i - 1].first
					   : learned[i].door;
	qsort(learned, count, sizeof(*learned), by_first_door);
	return learned;
}

static bool is_needed(const struct learned *learned, size_t count, enum exposure exposure)
{
	for (size_t i = 0; i < count; i++) {
		if (learned[i].door->exposure == exposure)
			return true;
	}
	return false;
}

static void write_head(struct buffer *out, const struct audit *audit)
{
	char date[DATE_TEXT];

	buffer_text(out, "# A first policy for ");
	learn_plain(out, audit->host->name);
	buffer_format(out, ", written by 'doorward learn' on %s from what was open then.\n",
		      date_text(clock_today(), date));
	buffer_text(out, "#\n"
			 "# What is observed is not thereby approved. For each rule ask who needs the door "
			 "and why, take the\n"
			 "# '#' from 'owner' and 'because', and fill them in. Where nobody answers, stop the "
			 "service and\n"
			 "# delete the rule.\n"
			 "#\n"
			 "#     doorward lint FILE        what is missing here, or doubtful\n"
			 "#     doorward check -P FILE    this host against it\n\n");
}

static void write_names(struct buffer *out, const struct learned *learned, size_t count)
{
	if (is_needed(learned, count, EXPOSED_LINK))
		buffer_text(out, "let link    = 169.254.0.0/16, fe80::/10\n");
	if (is_needed(learned, count, EXPOSED_PRIVATE))
		buffer_text(out, "let private = 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, "
				 "192.168.0.0/16,\n"
				 "    fc00::/7, fe80::/10\n");
	if (is_needed(learned, count, EXPOSED_LINK) || is_needed(learned, count, EXPOSED_PRIVATE))
		buffer_text(out, "\n");
}

static void write_temporary(struct buffer *out, const struct audit *audit)
{
	for (size_t i = 0; i < audit->door_count; i++) {
		const struct audit_door *const door = &audit->doors[i];

		if (!door->temporary || door->space != 0)
			continue;
		buffer_format(out, "# Left out: udp/%u of ", door->port);
		learn_plain(out,
			    door->process != NULL ? door->process->name : "a process that cannot be seen");
		buffer_text(out, ", a temporary port, as clients have while they wait for an answer.\n");
	}
}

bool audit_learn(struct arena *arena, const struct audit *audit, struct buffer *out)
{
	size_t count, end;
	struct learned *const learned = learn_doors(arena, audit, &count);

	if (learned == NULL)
		return false;
	write_head(out, audit);
	write_names(out, learned, count);
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && learned[end].first == learned[i].first; end++)
			;
		learn_rule(out, &learned[i], end - i);
		buffer_text(out, "\n");
	}
	write_temporary(out, audit);
	buffer_text(out, "deny all\n");
	return !out->failed;
}
