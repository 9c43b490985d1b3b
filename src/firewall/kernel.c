#include "firewall/kernel.h"
#include "nftables_calls.h"

/* The library writes to buffers of its own, never to our output. */
static struct nft_ctx *open_context(unsigned flags, struct error *err)
{
	struct nft_ctx *context;

	if (!nftables_load(err))
		return NULL;
	context = nft_ctx_new(NFT_CTX_DEFAULT);
	if (context == NULL || nft_ctx_buffer_output(context) != 0 || nft_ctx_buffer_error(context) != 0) {
		if (context != NULL)
			nft_ctx_free(context);
		error_memory(err);
		return NULL;
	}
	nft_ctx_output_set_flags(context, flags);
	return context;
}

/* The first line says what; those behind it show the place in a text that nobody wrote by hand. */
static bool refused(struct nft_ctx *context, struct error *err)
{
	struct span words = span_text(nft_ctx_get_error_buffer(context));
	const size_t end = span_find(words, "\n");

	if (end != SIZE_MAX)
		words = span_take(&words, end);
	return error_set(err, "nftables: %.*s", (int)span_left(words),
			 span_left(words) > 0 ? (const char *)words.at : "refused without a reason");
}

static bool run(struct nft_ctx *context, const char *text, struct error *err)
{
	return nft_run_cmd_from_buffer(context, text) == 0 || refused(context, err);
}

bool kernel_ready(struct error *err)
{
	return nftables_load(err);
}

bool kernel_load(const char *text, struct error *err)
{
	struct nft_ctx *const context = open_context(0, err);
	bool done;

	if (context == NULL)
		return false;
	done = run(context, text, err);
	nft_ctx_free(context);
	return done;
}

/* Moments as numbers, which mean the same in every zone. */
bool kernel_table(struct arena *arena, bool counts, struct span *ret_text, struct error *err)
{
	const unsigned flags = NFT_CTX_OUTPUT_NUMERIC_TIME | (counts ? 0 : NFT_CTX_OUTPUT_STATELESS);
	struct nft_ctx *const context = open_context(flags, err);
	const char *text = NULL;
	bool done;

	if (context == NULL)
		return false;
	done = run(context, "list tables inet", err);
	if (done && strstr(nft_ctx_get_output_buffer(context), "table inet doorward\n") == NULL)
		text = arena_text(arena, "");
	else if (done && (done = run(context, "list table inet doorward", err)))
		text = arena_text(arena, nft_ctx_get_output_buffer(context));
	nft_ctx_free(context);
	if (done && text == NULL)
		return error_memory(err);
	if (done)
		*ret_text = span_text(text);
	return done;
}
