import { WorkerError } from '../base/errors.ts';
import { type Offer, parseInbound } from '../contract/frames/inbound.ts';
import { parseJson, writeJson } from '../contract/json.ts';

/**
 * Reads an offer from text as the session reads it: the whole frame, or the claim in it.
 *
 * @throws WorkerError `frame.malformed`
 */
export function readOffer(text: string): Offer {
  let value: unknown;
  try {
    value = parseJson(text.replace(/^\uFEFF/, ''));
  } catch (thrown) {
    throw malformed('it is not JSON', thrown);
  }
  const isFrame = typeof value === 'object' && value !== null && 'type' in value;
  const parsed = parseInbound(writeJson(isFrame ? value : { type: 'offer', claim: value }));
  if (parsed.is !== 'frame') throw malformed(parsed.problem);
  if (parsed.frame.type !== 'offer') throw malformed(`it is a ${parsed.frame.type} frame`);
  return parsed.frame.claim;
}

const malformed = (problem: string, cause?: unknown): WorkerError =>
  new WorkerError('frame.malformed', `the file holds no offer: ${problem}`, {
    cause,
    hint: 'Name a file with the offer frame as the studio sends it, or with the claim in it.',
  });
