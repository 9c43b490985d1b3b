#include "flow/ticker.h"

enum { SECOND = 1000000000 };

/* From the earlier to the later. */
static bool is_far(int64_t from_ns, int64_t to_ns)
{
	return (uint64_t)to_ns - (uint64_t)from_ns > (uint64_t)86400 * SECOND;
}

/* False until there are enough of them. */
static bool is_agreed(struct ticker *ticker, int64_t now_ns)
{
	const bool ahead = now_ns > ticker->now_ns;

	if (ticker->witnesses == 0 || ahead != ticker->ahead) {
		ticker->witnesses = 0;
		ticker->ahead = ahead;
		ticker->agreed_ns = now_ns;
	}
	if (ahead ? now_ns < ticker->agreed_ns : now_ns > ticker->agreed_ns)
		ticker->agreed_ns = now_ns;
	if (++ticker->witnesses < TICKER_WITNESSES)
		return false;
	ticker->witnesses = 0;
	return ahead || ticker->back++ < TICKER_BACK;
}

static bool tick(struct ticker *ticker, int64_t now_ns)
{
	ticker->now_ns = now_ns;
	return true;
}

bool ticker_sees(struct ticker *ticker, int64_t time_ns)
{
	const int64_t now_ns = time_ns - time_ns % SECOND;

	if (!ticker->begun) {
		ticker->begun = true;
		ticker->now_ns = now_ns;
	}
	if (now_ns == ticker->now_ns) {
		ticker->witnesses = 0;
		return false;
	}
	if (now_ns > ticker->now_ns ? is_far(ticker->now_ns, now_ns) : is_far(now_ns, ticker->now_ns))
		return is_agreed(ticker, now_ns) && tick(ticker, ticker->agreed_ns);
	ticker->witnesses = 0;
	return now_ns > ticker->now_ns && tick(ticker, now_ns);
}
