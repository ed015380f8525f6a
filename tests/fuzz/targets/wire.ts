import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeJson } from '../../../src/contract/json.ts';
import { OutboundFrameSchema } from '../../../src/contract/frames/outbound.ts';
import { parseInbound } from '../../../src/contract/frames/inbound.ts';
import { readJson } from '../../../src/contract/read.ts';
import { grammarOf } from '../../../src/engines/llama/grammar/grammar.ts';
import { readFromChild } from '../../../src/engines/host/messages.ts';
import {
  boundaryOf,
  createMultipartReader,
  MalformedMultipart,
} from '../../../src/local-studio/http/multipart-reader.ts';
import { multipartBody } from '../../../src/studio/delivery/multipart-body.ts';
import { onFrame } from '../../../src/studio/session/on-frame.ts';
import { toJobId } from '../../../src/base/ids.ts';
import { chanceOf } from '../random.ts';
import type { Target } from '../target.ts';

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The frames that the wire tests read, one sample each. */
function framesOf(file: string): readonly [Uint8Array, ...Uint8Array[]] {
  const said: unknown = JSON.parse(readFileSync(`tests/fixtures/frames/${file}`, 'utf8'));
  const frames = Array.isArray(said)
    ? said.map((one: { readonly frame: unknown }) => bytesOf(JSON.stringify(one.frame)))
    : [];
  return [bytesOf('{"type":"welcome","workerId":"w","serverTime":"now"}'), ...frames];
}

const WORDS =
  '"type" "offer" "claim" "jobId" "task" "kind" "modelSource" "files" "null" ,"__proto__":{} "vramGbEstimate"'.split(
    ' ',
  );
/** What goes into a log or back to the studio because of one frame. */
const MAX_SAID = 4_000;

/** Frames from the studio. Any text is a sign of life, and none costs the socket. */
const frames: Target = {
  name: 'frames',
  corpus: () => ({ samples: framesOf('studio-says.json'), words: WORDS }),
  run: (bytes) => {
    const text = utf8(bytes);
    for (const isWelcomed of [false, true]) {
      const reaction = onFrame(text, isWelcomed);
      ok(reaction.event.type === 'received' || reaction.event.type === 'reported');
      if (reaction.send !== undefined)
        ok(writeJson(reaction.send).length < MAX_SAID + text.length, 'it answers with a flood');
    }
    const parsed = parseInbound(text);
    if (parsed.is === 'unreadable' || parsed.is === 'bad-offer')
      ok(parsed.problem.length < MAX_SAID, 'its problem is a flood');
  },
};

/** Frames from workers, as the embedded studio reads them. What is read is read again from what it writes. */
const workerFrames: Target = {
  name: 'worker-frames',
  corpus: () => ({
    samples: framesOf('worker-says.json'),
    words: ['"completeJson"', '"result"', '"logBatch"', '"entries"'],
  }),
  run: (bytes) => {
    const read = readJson(OutboundFrameSchema, utf8(bytes));
    if (read.is === 'unreadable') return ok(read.problem.length < MAX_SAID);
    const again = readJson(OutboundFrameSchema, writeJson(read.value));
    ok(again.is === 'read', 'what was read cannot be read again');
    deepEqual(writeJson(again.value), writeJson(read.value));
  },
};

const BOUNDARY = 'studio-worker-00ff';
function body(): Uint8Array {
  const artifact = {
    jobId: toJobId('job-1'),
    ext: 'webp',
    prompt: 'a fox\r\n--',
    ranOn: 'cpu',
    bytes: bytesOf('RIFF\r\n--x'),
  };
  return Buffer.concat([...multipartBody(artifact, { hex: () => '00ff' }).parts]);
}

async function partsOf(bytes: Uint8Array, cuts: (left: number) => number): Promise<unknown> {
  const found: unknown[] = [];
  const reader = createMultipartReader(BOUNDARY, {
    onHead: (head) => void found.push(head, ''),
    onBytes: async (part) => void (found[found.length - 1] += Buffer.from(part).toString('latin1')),
  });
  try {
    for (let at = 0; at < bytes.byteLength;) {
      const to = at + Math.max(1, cuts(bytes.byteLength - at));
      await reader.push(bytes.slice(at, to));
      at = to;
    }
  } catch (thrown) {
    if (!(thrown instanceof MalformedMultipart)) throw thrown;
    return 'malformed';
  }
  return { found, isComplete: reader.complete };
}

/** Uploads. However a body is cut into chunks, the same is found in it. */
const multipart: Target = {
  name: 'multipart',
  corpus: () => ({
    samples: [body()],
    words: [`--${BOUNDARY}`, `\r\n--${BOUNDARY}--`, '\r\n\r\n', 'Content-Disposition: form-data; name="x"'],
  }),
  run: async (bytes) => {
    const chance = chanceOf(bytes.byteLength);
    const whole = await partsOf(bytes, (left) => left);
    const isLong = bytes.byteLength > 8_192;
    deepEqual(await partsOf(bytes, (left) => chance.below(isLong ? left : 7)), whole);
    boundaryOf(utf8(bytes.subarray(0, 4_096)));
  },
};

const schemas: Target = {
  name: 'schemas',
  corpus: () => ({
    samples: [
      bytesOf(
        '{"type":"object","properties":{"a":{"type":"string","pattern":"^x+$"},"b":{"type":"number","minimum":1.5}},"required":["a"]}',
      ),
      bytesOf(
        '{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/d"},"maxItems":3},{"enum":["a",1]}],"$defs":{"d":{"type":"integer"}}}',
      ),
    ],
    words: [
      '"allOf":[',
      '"oneOf":[',
      '"$ref":"#"',
      '"patternProperties":{',
      '"format":"date"',
      '"minLength":',
      'false',
      '(a|b)*',
    ],
  }),
  codes: ['task.invalid'],
  run: (bytes) => {
    const read = parsed(bytes);
    if (read !== undefined) ok(grammarOf(read.value).length > 0);
  },
};

/** What an engine's process, which may be anybody's by then, tells the worker. */
const children: Target = {
  name: 'children',
  corpus: () => ({
    samples: [
      bytesOf('{"is":"progress","done":1,"total":3}'),
      bytesOf('{"is":"noted","event":"a.b","fields":{"x":1}}'),
      bytesOf('{"is":"failed","failure":{"code":"engine.failed","message":"m","fields":{}}}'),
      bytesOf('{"is":"done","result":{"is":"json","value":{"a":[1]}}}'),
    ],
    words: ['"is":"loaded"', '"delta"', '"constructor"', '"__proto__"'],
  }),
  run: (bytes) => {
    const read = parsed(bytes);
    if (read !== undefined) ok(['read', 'unreadable'].includes(readFromChild(read.value).is));
  },
};

/** What others parse before it comes to us; undefined for what is no JSON. */
function parsed(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(utf8(bytes)) };
  } catch {
    return undefined;
  }
}

export const WIRE: readonly Target[] = [frames, workerFrames, multipart, schemas, children];
