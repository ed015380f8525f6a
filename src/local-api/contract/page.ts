import * as v from 'valibot';

/** A code for one page, to be exchanged once and soon. */
export const PageCodeSchema = v.object({
  code: v.string(),
  /** The page's URL with the code in its fragment, which no server is sent. */
  url: v.string(),
  expiresAt: v.number(),
});
export type PageCode = v.InferOutput<typeof PageCodeSchema>;

/** What a page exchanges for its cookie. */
export const PageSessionRequestSchema = v.object({ code: v.pipe(v.string(), v.maxLength(200)) });
