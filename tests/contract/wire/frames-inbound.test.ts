import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { CLOSE_CODE_OF, type ErrorFrameCode, isFinalClose } from '../../../src/contract/frames/close-codes.ts';
import { type InboundFrame, parallelJobsIn, parseInbound } from '../../../src/contract/frames/inbound.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { anOffer, type Fixtures, loadFrames } from '../../fixtures/frames/load.ts';

const SAID = loadFrames('studio-says') as Fixtures<{ readonly reads: InboundFrame; readonly closes?: number }>;
const REFUSED = loadFrames('studio-refused') as Fixtures<{ readonly problem: string }>;

describe('what a studio says', () => {
  for (const { what, frame, reads, closes } of SAID) {
    test(what, () => {
      expect(parseInbound(writeJson(frame))).toEqual({ is: 'frame', frame: reads });
      if (reads.type === 'error') expect(CLOSE_CODE_OF[reads.code]).toBe(closes ?? 0);
    });
  }
});

describe('what a worker cannot read', () => {
  for (const { what, frame, problem } of REFUSED) {
    test(what, () => {
      const parsed = parseInbound(writeJson(frame));
      expect(parsed).toEqual({ is: 'unreadable', problem: expect.stringContaining(problem) });
    });
  }

  test.each(['not json', '', '{"type":"welcome"', 'NaN', '{"type":"offer",}'])('%p is not JSON', (text) => {
    expect(parseInbound(text)).toEqual({ is: 'unreadable', problem: 'not JSON' });
  });

  test.each(['null', '7', '"welcome"', 'true', '[]', '{}', '{"type":7}', '{"type":null}', '{"Type":"welcome"}'])(
    '%s is JSON without a type',
    (text) => {
      expect(parseInbound(text)).toEqual({ is: 'unreadable', problem: 'not an object with a type' });
    },
  );
});

test('a welcome may say that claims are kept, and more', () => {
  const text = '{"type":"welcome","workerId":"w","serverTime":"now","features":["resume","later"]}';
  expect(parseInbound(text)).toMatchObject({ frame: { features: ['resume', 'later'] } });
});

/** A welcome with this under `max_parallel_jobs`, as a worker reads it. */
function parallelJobs(value: string): ReturnType<typeof parallelJobsIn> {
  const text = `{"type":"welcome","workerId":"w","serverTime":"now","max_parallel_jobs":${value}}`;
  const parsed = parseInbound(text);
  if (parsed.is !== 'frame' || parsed.frame.type !== 'welcome')
    throw new Error(`no welcome: ${JSON.stringify(parsed)}`);
  return parallelJobsIn(parsed.frame);
}

test.each(['1', '2', '4.0', '64'])('a welcome may allow %s jobs at a time', (value) => {
  expect(parallelJobs(value)).toEqual({ jobs: Number(value) });
});

test.each(['0', '-1', '65', '1e9', '1.5', '9223372036854775808', '"4"', 'true', '[4]', '{}'])(
  'a welcome with %s jobs at a time opens the gate and allows one',
  (value) => {
    expect(parallelJobs(value)).toEqual({ problem: expect.any(String) as string });
  },
);

test('a welcome that is silent about parallel jobs allows one', () => {
  expect(parallelJobs('null')).toEqual({});
  expect(parallelJobsIn({})).toEqual({});
});

test('a heartbeat ack may say whether the claim is still held', () => {
  expect(parseInbound('{"type":"heartbeatAck","claim":{"jobId":"job-1","held":false}}')).toMatchObject({
    frame: { claim: { jobId: 'job-1', held: false } },
  });
  expect(parseInbound('{"type":"heartbeatAck","claim":null}')).toMatchObject({ is: 'frame' });
});

test('only a wrong token and a takeover end it for good', () => {
  const final = Object.entries(CLOSE_CODE_OF).filter(([, code]) => isFinalClose(code));
  expect(final.map(([code]) => code as ErrorFrameCode)).toEqual(['auth_failed', 'duplicate_worker']);
  expect([1000, 1001, 1006, 1011, 1012, 4000, 4002, 4004].filter(isFinalClose)).toEqual([]);
});

test('a very long frame type is cut in the complaint', () => {
  const parsed = parseInbound(writeJson({ type: 'x'.repeat(5_000) }));
  expect(parsed).toEqual({ is: 'unreadable', problem: `unknown frame type "${'x'.repeat(80)}"` });
});

test('no text makes reading throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseInbound(text).is === 'unreadable'));
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(['frame', 'unreadable', 'bad-offer']).toContain(parseInbound(text).is);
    }),
  );
});

test('no nesting makes reading throw', () => {
  expect(parseInbound('['.repeat(200_000))).toMatchObject({ is: 'unreadable' });
  const deep = `{"type":"wat","x":${'['.repeat(20_000)}1234567890123456789${']'.repeat(20_000)}}`;
  expect(parseInbound(deep)).toMatchObject({ is: 'unreadable' });
});

/** Every place of a valid offer, as a path of keys. */
function places(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return [[...path], ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))];
}

function spoiled(offer: object, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  return { ...offer, [key]: spoiled(((offer as Record<string, unknown>)[key] ?? {}) as object, rest, by) };
}

test('an offer spoiled anywhere still says whose job it is', () => {
  const offer = anOffer();
  const spoilable = places(offer).filter((path) => path[0] === 'claim' && path[1] !== undefined && path[1] !== 'jobId');
  fc.assert(
    fc.property(fc.constantFrom(...spoilable), fc.jsonValue(), (path, by) => {
      const parsed = parseInbound(writeJson(spoiled(offer, path, by)));
      expect(['frame', 'bad-offer']).toContain(parsed.is);
      if (parsed.is === 'bad-offer') expect(String(parsed.jobId)).toBe('job-1');
    }),
    { numRuns: 500 },
  );
});

test('a complaint never repeats what was in the frame', () => {
  const offer = anOffer();
  const inside = places(offer).filter((path) => path[0] === 'claim');
  const secret = fc.constantFrom<unknown>('s3cr3t', 5050505050, -5050505050, ['s3cr3t'], { a: 's3cr3t' });
  fc.assert(
    fc.property(fc.constantFrom(...inside), secret, (path, by) => {
      const parsed = parseInbound(writeJson(spoiled(offer, path, by)));
      if (parsed.is !== 'frame') expect(parsed.problem).not.toMatch(/s3cr3t|50505/);
    }),
    { numRuns: 500 },
  );
});
