import { ApiFailure } from './reply.ts';

/**
 * Bytes, or the one range of them that is asked for (RFC 9110 §14): a player that seeks asks for what it lacks. A range of
 * another form is answered with the whole.
 *
 * @throws ApiFailure 416 for a range that begins behind the end
 */
export function rangeReply(
  bytes: Uint8Array,
  range: string | null,
  headers: Readonly<Record<string, string>>,
): Response {
  const size = bytes.byteLength;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range ?? '') ?? [];
  if (first === undefined) return reply(bytes, 200, headers);
  const startAt = Number(first);
  const endAt = last === undefined || last === '' ? size : Math.min(Number(last) + 1, size);
  if (startAt >= endAt) throw new ApiFailure(416, 'bad_range', `the result has ${size} bytes`);
  const found = { ...headers, 'content-range': `bytes ${startAt}-${endAt - 1}/${size}` };
  return reply(bytes.subarray(startAt, endAt), 206, found);
}

/** The copy is what a response may own. */
const reply = (bytes: Uint8Array, status: number, headers: Readonly<Record<string, string>>): Response =>
  new Response(new Uint8Array(bytes), { status, headers: { ...headers, 'accept-ranges': 'bytes' } });
