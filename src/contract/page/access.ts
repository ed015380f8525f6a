import * as v from 'valibot';
import { readJson } from '../read.ts';

/*
 * How a page is let in by a worker or a studio without their token, which would stay in the history of its browser: a code
 * that works once is exchanged for a cookie.
 */

/** A code for one page, to be exchanged once and soon. */
export const PageCodeSchema = v.object({
  code: v.string(),
  /** The page's URL with the code in its fragment, which no server is sent. */
  url: v.string(),
  expiresAt: v.number(),
});
export type PageCode = v.InferOutput<typeof PageCodeSchema>;

/** By which a page's URL says that it is the window of its worker. It stays there, so that a reload says so again. */
export const WINDOW_QUERY = 'window';

/** What a page exchanges for its cookie. */
export const SignInSchema = v.object({ code: v.pipe(v.string(), v.maxLength(200)) });

/** The answer of `POST /page/codes`; undefined where it is none. */
export function readPageCode(text: string): PageCode | undefined {
  const read = readJson(PageCodeSchema, text);
  return read.is === 'read' ? read.value : undefined;
}

const KeptSignInsSchema = v.array(v.object({ hash: v.string(), expiresAt: v.number() }));
/** The pages of an earlier run, from the file that keeps them; none where it cannot be read. */
export function readSignIns(text: string): v.InferOutput<typeof KeptSignInsSchema> {
  const read = readJson(KeptSignInsSchema, text);
  return read.is === 'read' ? read.value : [];
}
