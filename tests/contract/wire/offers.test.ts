import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { toJobId } from '../../../src/base/ids.ts';
import { type Offer, parseInbound } from '../../../src/contract/frames/inbound.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { promptOf, type Task } from '../../../src/contract/tasks/index.ts';
import { anOffer, type Fixtures, loadFrames } from '../../fixtures/frames/load.ts';

function readOffer(frame: unknown): Offer {
  const parsed = parseInbound(writeJson(frame));
  if (parsed.is !== 'frame' || parsed.frame.type !== 'offer') throw new Error(JSON.stringify(parsed));
  return parsed.frame.claim;
}

describe('offers a worker reads', () => {
  for (const { what, frame, task, prompt } of loadFrames('offers') as Fixtures<{ task: Task; prompt: string }>) {
    test(what, () => {
      const offer = readOffer(frame);
      // Through JSON, so that an absent field and one that is undefined are the same.
      expect(JSON.parse(writeJson(offer.task))).toEqual(JSON.parse(writeJson(task)));
      expect(promptOf(offer.task)).toBe(prompt);
    });
  }
});

describe('offers a worker refuses by name of the job', () => {
  for (const { what, frame, problem } of loadFrames('offers-refused') as Fixtures<{ problem: string }>) {
    test(what, () => {
      expect(parseInbound(writeJson(frame))).toEqual({
        is: 'bad-offer',
        jobId: toJobId('job-1'),
        problem: expect.stringContaining(problem),
      });
    });
  }
});

test.each(['', '.', '..'])('an offer whose id %p breaks a URL path fails under that id', (jobId) => {
  expect(parseInbound(writeJson(anOffer()).replace('"job-1"', JSON.stringify(jobId)))).toEqual({
    is: 'bad-offer',
    jobId: toJobId(jobId),
    problem: 'claim.jobId: such an id is lost in a URL path, so its result could not be uploaded',
  });
});

test('every acceptable job id survives in the path of an upload', () => {
  const odd = fc.constantFrom('...', '%2e', '%2E%2e', '.%2e', 'a/../b', '\\..', ' .', '.\t', '../', '?', '#');
  fc.assert(
    fc.property(fc.oneof(odd, fc.string({ minLength: 1, unit: 'binary' })), (jobId) => {
      fc.pre(parseInbound(writeJson(anOffer()).replace('"job-1"', JSON.stringify(jobId))).is === 'frame');
      const segment = encodeURIComponent(jobId);
      expect(new URL(`http://studio.lan/jobs/${segment}/complete`).pathname).toBe(`/jobs/${segment}/complete`);
    }),
  );
});

for (const { what, frame } of loadFrames('offer-largest-seed')) {
  test(what, () => {
    const { task } = readOffer(frame);
    expect(task).toMatchObject({ seed: 18_446_744_073_709_551_615n });
    expect(writeJson(task)).toContain('"seed":18446744073709551615');
  });
}

test.each([
  ['18446744073709551616', 'claim.task.seed: expected <=18446744073709551615'],
  ['-1', 'claim.task.seed: expected >=0'],
  ['1.5', 'claim.task.seed: expected a whole number'],
  ['"7"', 'claim.task.seed: expected'],
])('a seed of %s is rejected', (seed, problem) => {
  const text = writeJson(anOffer()).replace('"prompt":"x"', `"prompt":"x","seed":${seed}`);
  expect(parseInbound(text)).toMatchObject({ is: 'bad-offer', problem: expect.stringContaining(problem) });
});

test.each([0, 1, 9_007_199_254_740_991])('a seed of %d arrives as that integer', (seed) => {
  expect(readOffer(anOffer({ kind: 'image', prompt: 'x', seed })).task).toMatchObject({ seed: BigInt(seed) });
});

test('file facts and model defaults arrive as they were sent', () => {
  const file = {
    role: 'vae',
    url: 'https://example.invalid/v',
    filename: 'v',
    approxBytes: 5_000_000_000,
    sha256: 'AB',
  };
  const four = { cfgScale: 0, steps: 0, width: 0, height: 0 };
  const image = { samplingMethod: 'euler', flowShift: 3, zeroCondT: true, offloadToCpu: true };
  const llm = { contextSize: 4096, chatTemplateKwargs: { enable_thinking: false } };
  const cliDefaults = { ...four, ...image, ...llm, mmap: true, maxVramGib: 6.5 };
  const offer = anOffer();
  const modelSource = { engine: 'sd-cpp', files: [file], cliDefaults };
  const read = readOffer({ ...offer, claim: { ...offer.claim, modelSource } }).modelSource;

  expect(read.files[0]?.approxBytes).toBe(5_000_000_000n);
  expect(writeJson(read)).toBe(writeJson(modelSource));
});

test('a null in an optional fact of file or defaults reads as absent', () => {
  const offer = anOffer();
  const nothing = { approxBytes: null, sha256: null };
  const modelSource = {
    engine: 'sd-cpp',
    files: [{ role: 'model', url: 'https://example.invalid/m', filename: 'm', ...nothing }],
    cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0, flowShift: null, mmap: null, contextSize: null },
  };
  const read = readOffer({ ...offer, claim: { ...offer.claim, modelSource } }).modelSource;

  expect(writeJson(read)).not.toContain('null');
});

test('an offer with many faults names three and counts the rest', () => {
  const parsed = parseInbound('{"type":"offer","claim":{"jobId":"job-1"}}');
  expect(parsed).toMatchObject({
    is: 'bad-offer',
    problem: expect.stringMatching(/^claim\.gameId: is missing; .*; and \d more$/),
  });
});

test('an empty job id is still a job to answer for', () => {
  const offer = anOffer();
  expect(parseInbound(writeJson({ ...offer, claim: { jobId: '' } }))).toMatchObject({ is: 'bad-offer', jobId: '' });
});
