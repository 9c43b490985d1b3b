#include "cmd/scan_diff.h"

#include "cmd/scan_saved.h"

struct comparison {
	struct out out;
	struct saved_scan before, after;
	struct difference_sums sums;
};

static void tell(struct comparison *all, const struct difference *difference)
{
	all->sums.counts[difference->kind]++;
	all->out.format->difference(&all->out, difference);
}

/* A door that only one has: the other must have asked, and a scan that came to no end may just not have got
 * there. */
static void tell_single(struct comparison *all, const struct saved_door *door, bool opened)
{
	const struct saved_scan *const other = opened ? &all->before : &all->after;
	const struct difference difference = { .kind = opened ? DOOR_OPENED : DOOR_CLOSED,
					       .address = &door->address,
					       .transport = other->transport,
					       .port = door->port,
					       .before = opened ? NULL : door->texts,
					       .after = opened ? door->texts : NULL };

	if (other->incomplete || !saved_asked_at(other, &door->address, door->port))
		all->sums.uncompared++;
	else
		tell(all, &difference);
}

static bool same_texts(const struct saved_door *a, const struct saved_door *b)
{
	for (size_t i = 0; i < DOOR_TEXTS; i++) {
		const char *const one = a->texts[i], *const other = b->texts[i];

		if (strcmp(one != NULL ? one : "", other != NULL ? other : "") != 0)
			return false;
	}
	return true;
}

static void tell_both(struct comparison *all, const struct saved_door *before, const struct saved_door *after)
{
	const struct difference difference = { .kind = DOOR_CHANGED,
					       .address = &before->address,
					       .transport = all->before.transport,
					       .port = before->port,
					       .before = before->texts,
					       .after = after->texts };

	if (!before->known || !after->known)
		all->sums.uncompared++;
	else if (same_texts(before, after))
		all->sums.same++;
	else
		tell(all, &difference);
}

static void compare_doors(struct comparison *all)
{
	const struct saved_scan *const before = &all->before, *const after = &all->after;

	for (size_t b = 0, a = 0; b < before->door_count || a < after->door_count;) {
		const int order = b == before->door_count ? 1
				  : a == after->door_count
					  ? -1
					  : saved_compare(&before->doors[b], &after->doors[a]);

		if (order == 0)
			tell_both(all, &before->doors[b++], &after->doors[a++]);
		else if (order < 0)
			tell_single(all, &before->doors[b++], false);
		else
			tell_single(all, &after->doors[a++], true);
	}
}

static void tell_host(struct comparison *all, const struct address *address, bool new)
{
	const struct saved_scan *const other = new ? &all->before : &all->after;
	const struct difference difference = { .kind = new ? HOST_NEW : HOST_GONE, .address = address };

	if (!other->incomplete && saved_asked(other, address))
		tell(all, &difference);
}

static void compare_hosts(struct comparison *all)
{
	const struct saved_scan *const before = &all->before, *const after = &all->after;

	for (size_t b = 0, a = 0; b < before->host_count || a < after->host_count;) {
		const int order = b == before->host_count ? 1
				  : a == after->host_count
					  ? -1
					  : address_compare(&before->hosts[b], &after->hosts[a]);

		if (order < 0)
			tell_host(all, &before->hosts[b], false);
		else if (order > 0)
			tell_host(all, &after->hosts[a], true);
		b += order <= 0;
		a += order >= 0;
	}
}

static bool read_both(struct comparison *all, const struct invocation *invocation, struct error *err)
{
	if (invocation->argument_count != 2)
		return error_set(err, "--diff compares two files that --save has written");
	all->sums.before = invocation->arguments[0];
	all->sums.after = invocation->arguments[1];
	if (!saved_read(&all->before, all->sums.before, err) ||
	    !saved_read(&all->after, all->sums.after, err))
		return false;
	return all->before.transport == all->after.transport ||
	       error_set(err, "one of them looked over TCP, the other over UDP: nothing can be compared");
}

static int compare(struct comparison *all, const struct invocation *invocation)
{
	struct error err;

	if (!out_open(&all->out, invocation->json, invocation->colour)) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	compare_hosts(all);
	compare_doors(all);
	for (size_t i = 0; i < DIFFERENCE_KINDS; i++)
		all->sums.exit_status |= all->sums.counts[i] > 0;
	all->out.format->difference_sums(&all->out, &all->sums);
	if (!out_close(&all->out, &err))
		return command_trouble(invocation, &err);
	return all->sums.exit_status;
}

int scan_diff(const struct invocation *invocation)
{
	struct comparison all = { 0 };
	struct error err;
	int status;

	if (read_both(&all, invocation, &err))
		status = compare(&all, invocation);
	else
		status = command_trouble(invocation, &err);
	saved_free(&all.before);
	saved_free(&all.after);
	return status;
}
