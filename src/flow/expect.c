/* expect.c: announcements in a hash table by the end that they name, and in a list by age. */
#include "flow/expect.h"
#include "base/hash.h"

#include <stdlib.h>

enum { BUCKETS = 1 << 13, SECONDS_USUAL = 60 };

struct announcement {
	struct announcement *next;          /* in its bucket */
	struct announcement *older, *newer; /* in the list by age */
	struct expectation what;            /* about points behind this struct, or is NULL */
	uint64_t parent;
	int64_t until_ns;
	char about[];
};

struct expectations {
	struct announcement *buckets[BUCKETS];
	struct announcement *oldest, *newest;
	size_t count;
};

struct expectations *expectations_new(void)
{
	return calloc(1, sizeof(struct expectations));
}

static struct announcement **bucket_of(struct expectations *all, uint8_t transport,
				       const struct address *address, uint16_t port)
{
	uint64_t halves[2];

	memcpy(halves, address->bytes, sizeof(halves));
	return &all->buckets[hash_number(halves[1] +
					 hash_number(halves[0] ^ (uint64_t)transport << 16 ^ port)) %
			     BUCKETS];
}

static void drop(struct expectations *all, struct announcement *gone)
{
	struct announcement **at = bucket_of(all, gone->what.transport, &gone->what.address, gone->what.port);

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	*(gone->older != NULL ? &gone->older->newer : &all->oldest) = gone->newer;
	*(gone->newer != NULL ? &gone->newer->older : &all->newest) = gone->older;
	all->count--;
	free(gone);
}

void expectations_free(struct expectations *all)
{
	while (all != NULL && all->oldest != NULL)
		drop(all, all->oldest);
	free(all);
}

static struct announcement *make(const struct expectation *what, uint64_t parent, int64_t now_ns)
{
	const size_t length = what->about != NULL ? strnlen(what->about, EXPECT_ABOUT - 1) : 0;
	struct announcement *const made = calloc(1, sizeof(*made) + length + 1);

	if (made == NULL)
		return NULL;
	made->what = *what;
	if (what->about != NULL) {
		memcpy(made->about, what->about, length);
		made->what.about = made->about;
	}
	made->parent = parent;
	made->until_ns = now_ns + (int64_t)(what->seconds > 0 ? what->seconds : SECONDS_USUAL) * 1000000000;
	return made;
}

static bool names(const struct announcement *one, uint8_t transport, const struct address *address,
		  uint16_t port)
{
	return one->what.transport == transport && one->what.port == port &&
	       address_compare(&one->what.address, address) == 0;
}

/* An announcement that is repeated takes the place of the one that stands. */
static void drop_repeated(struct expectations *all, struct announcement *const *bucket,
			  const struct expectation *what)
{
	for (struct announcement *one = *bucket; one != NULL; one = one->next) {
		if (names(one, what->transport, &what->address, what->port) &&
		    address_compare(&one->what.other, &what->other) == 0 &&
		    one->what.protocol == what->protocol) {
			drop(all, one);
			return;
		}
	}
}

void expectations_add(struct expectations *all, const struct expectation *what, uint64_t parent,
		      int64_t now_ns, struct engine_counts *counts)
{
	struct announcement **const bucket = bucket_of(all, what->transport, &what->address, what->port);
	struct announcement *made;

	counts->expectations++;
	drop_repeated(all, bucket, what);
	while (all->oldest != NULL && all->oldest->until_ns < now_ns)
		drop(all, all->oldest);
	if (all->count == EXPECT_LIMIT) {
		drop(all, all->oldest);
		counts->expectations_dropped++;
	}
	made = make(what, parent, now_ns);
	if (made == NULL) {
		counts->expectations_dropped++;
		return;
	}
	made->next = *bucket;
	*bucket = made;
	made->older = all->newest;
	*(all->newest != NULL ? &all->newest->newer : &all->oldest) = made;
	all->newest = made;
	all->count++;
}

/* The newest that names this end of the flow; one that names the other end as well comes before one that does
 * not. What is out of date on the way is dropped. */
static struct announcement *find(struct expectations *all, const struct flow *flow, unsigned end,
				 int64_t now_ns)
{
	struct announcement *next, *found = NULL;

	for (struct announcement *one = *bucket_of(all, flow->transport, &flow->ends[end], flow->ports[end]);
	     one != NULL; one = next) {
		next = one->next;
		if (one->until_ns < now_ns) {
			drop(all, one);
			continue;
		}
		if (!names(one, flow->transport, &flow->ends[end], flow->ports[end]))
			continue;
		if (address_compare(&one->what.other, &flow->ends[!end]) == 0)
			return one;
		if (found == NULL && address_compare(&one->what.other, &(struct address){ 0 }) == 0)
			found = one;
	}
	return found;
}

/* As both ends of the flow could be the one that waits: usually the one that is called does. */
static struct announcement *find_either(struct expectations *all, const struct flow *flow, int64_t now_ns,
					unsigned *ret_end)
{
	struct announcement *found = NULL;
	unsigned end = 2;

	while (found == NULL && end > 0)
		found = find(all, flow, --end, now_ns);
	*ret_end = end;
	return found;
}

bool expectations_late_words(struct expectations *all, const struct flow *flow, int64_t now_ns,
			     char about[EXPECT_ABOUT])
{
	struct announcement *found;
	unsigned end;

	if (all->count == 0)
		return false;
	found = find_either(all, flow, now_ns, &end);
	if (found == NULL || found->parent != flow->parent || found->what.about == NULL)
		return false;
	(void)span_copy_text(span_text(found->about), about, EXPECT_ABOUT);
	if (!found->what.many)
		drop(all, found);
	return true;
}

bool expectations_match(struct expectations *all, const struct flow *flow, int64_t now_ns,
			struct expected *ret_expected)
{
	struct announcement *found;
	unsigned end;

	if (all->count == 0)
		return false;
	found = find_either(all, flow, now_ns, &end);
	if (found == NULL)
		return false;
	*ret_expected = (struct expected){ .protocol = found->what.protocol,
					   .parent = found->parent,
					   .waiting = end,
					   .side = found->what.waiting };
	if (found->what.about != NULL)
		(void)span_copy_text(span_text(found->about), ret_expected->about,
				     sizeof(ret_expected->about));
	if (!found->what.many)
		drop(all, found);
	return true;
}
