import { expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { toWorkerError } from '../../../src/base/errors.ts';
import { KIB, MIB } from '../../../src/base/units.ts';
import { checkModelFile } from '../../../src/models/headers/check.ts';
import { hasPromptFormat } from '../../../src/models/headers/prompt-format.ts';
import { transcribingModel } from '../../../src/demo/weights/transcriber.ts';
import { speechModel } from '../../fakes/engines/speech-model.ts';
import { TEST_MS } from '../../flow/wait-for.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';

setDefaultTimeout(TEST_MS);

const file = (bytes: Uint8Array, sizeBytes = bytes.byteLength) => ({
  sizeBytes,
  read: async (at: number, length: number) => bytes.slice(at, at + length),
});
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const u32 = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);
const u64 = (value: number | bigint): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const str = (content: string): Uint8Array => joined(u64(text(content).byteLength), text(content));

interface Gguf {
  readonly version?: number;
  readonly pairs?: readonly Uint8Array[];
  readonly tensors?: readonly Uint8Array[];
  readonly pairCount?: number | bigint;
  readonly tensorCount?: number | bigint;
}

const aGguf = ({ version = 3, pairs = [], tensors = [], pairCount, tensorCount }: Gguf = {}): Uint8Array =>
  joined(
    text('GGUF'),
    u32(version),
    u64(tensorCount ?? tensors.length),
    u64(pairCount ?? pairs.length),
    ...pairs,
    ...tensors,
  );
const aName = joined(str('general.name'), u32(8), str('tiny'));
const tokens = joined(str('tokenizer.tokens'), u32(9), u32(8), u64(2), str('a'), str('bc'));
const aTensor = (dimensions: readonly (number | bigint)[], type = 0, at = 0): Uint8Array =>
  joined(str('w'), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(at));
/** With the padding before its tensors and their bytes. */
const withData = (head: Uint8Array, dataBytes: number): Uint8Array =>
  joined(head, new Uint8Array(Math.ceil(head.byteLength / 32) * 32 - head.byteLength + dataBytes));

const codeOf = async (bytes: Uint8Array, name = 'm.gguf'): Promise<string> =>
  toWorkerError(await failureOf(checkModelFile(file(bytes), name))).code;
const aSafetensors = (header: unknown, dataBytes: number): Uint8Array => {
  const json = text(typeof header === 'string' ? header : JSON.stringify(header));
  return joined(u64(json.byteLength), json, new Uint8Array(dataBytes));
};

test('a GGUF header shows a chat template however far back it stands', async () => {
  const template = joined(str('tokenizer.chat_template'), u32(8), str('{{ messages }}'));
  const words = joined(
    str('tokenizer.ggml.tokens'),
    u32(9),
    u32(8),
    u64(200_000),
    ...Array.from({ length: 200_000 }, () => str('ab')),
  );
  expect(await hasPromptFormat(file(aGguf({ pairs: [template, aName] })))).toBe(true);
  expect(await hasPromptFormat(file(aGguf({ pairs: [aName, words, template] })))).toBe(true);
  expect(await hasPromptFormat(file(aGguf({ pairs: [aName, words] })))).toBe(false);
  // One whose name only begins so is for another use.
  const named = joined(str('tokenizer.chat_template.tool_use'), u32(8), str('x'));
  expect(await hasPromptFormat(file(aGguf({ pairs: [named] })))).toBe(false);
});

test('a header that cannot be read says nothing of a chat template', async () => {
  const cut = aGguf({ pairs: [aName, tokens] });
  for (const bytes of [text(''), text('GGUF'), text('<html>'), cut.subarray(0, cut.byteLength - 3)]) {
    expect(await hasPromptFormat(file(bytes))).toBe(undefined);
  }
  expect(await hasPromptFormat(file(aGguf({ pairCount: 2n ** 60n })))).toBe(undefined);
});

test('a GGUF with texts, lists and whole tensors is let through', async () => {
  const head = aGguf({ pairs: [aName, tokens], tensors: [aTensor([4, 2]), aTensor([64], 2, 32)] });
  await checkModelFile(file(withData(head, 32 + 36)), 'M.GGUF');
});

test('a header longer than the first read is read to its end', async () => {
  const long = joined(str('big'), u32(9), u32(4), u64(100_000), new Uint8Array(400_000));
  await checkModelFile(file(aGguf({ pairs: [long, aName] })), 'm.gguf');
});

test('tensors beyond the end of a file make it truncated and retryable', async () => {
  const whole = withData(aGguf({ tensors: [aTensor([4, 2])] }), 32);
  expect(await codeOf(whole.subarray(0, -1))).toBe('model.truncated');
  expect(await codeOf(whole.subarray(0, 40))).toBe('model.truncated');
});

test.each([
  ['a version from the future', aGguf({ version: 4 })],
  ['more keys than anybody has', aGguf({ pairCount: 1_000_000 })],
  ['more tensors than can be counted', aGguf({ tensorCount: 2n ** 63n })],
  ['a text of four gigabytes', aGguf({ pairs: [joined(str('k'), u32(8), u64(2n ** 32n))] })],
  ['a list of everything', aGguf({ pairs: [joined(str('k'), u32(9), u32(8), u64(2n ** 40n))] })],
  ['a value of no type', aGguf({ pairs: [joined(str('k'), u32(99))] })],
  [
    'lists in lists in lists',
    aGguf({ pairs: [joined(str('k'), u32(9), ...Array<Uint8Array>(9).fill(joined(u32(9), u64(1))))] }),
  ],
  ['an alignment of three', aGguf({ pairs: [joined(str('general.alignment'), u32(4), u32(3))] })],
  ['dimensions whose product overflows', aGguf({ tensors: [aTensor([2n ** 40n, 2n ** 40n])] })],
  ['twenty dimensions', aGguf({ tensors: [aTensor(Array<number>(20).fill(1))] })],
  ['another magic', joined(text('GGML'), new Uint8Array(40))],
])('a GGUF with %s never reaches an engine', async (_what, bytes) => {
  expect(await codeOf(bytes)).toBe('model.header-invalid');
});

test('a safetensors file with whole tensors is let through', async () => {
  const header = { __metadata__: { format: 'pt' }, w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } };
  await checkModelFile(file(aSafetensors(header, 8)), 'vae.safetensors');
});

test.each([
  ['a header of 2^60 bytes', joined(u64(2n ** 60n), text('{}')), 'model.header-invalid'],
  ['a header longer than the file', joined(u64(50), text('{}')), 'model.truncated'],
  ['a header that is a list', aSafetensors([], 0), 'model.header-invalid'],
  ['a header nested too deep', aSafetensors('['.repeat(60_000), 0), 'model.header-invalid'],
  ['a tensor without a place', aSafetensors({ w: {} }, 0), 'model.header-invalid'],
  ['a tensor at a negative place', aSafetensors({ w: { data_offsets: [-8, 0] } }, 8), 'model.header-invalid'],
  ['a tensor that ends before it begins', aSafetensors({ w: { data_offsets: [8, 0] } }, 8), 'model.header-invalid'],
  ['a tensor beyond the end', aSafetensors({ w: { data_offsets: [0, 9] } }, 8), 'model.truncated'],
])('a safetensors file with %s never reaches an engine', async (_what, bytes, code) => {
  expect(await codeOf(bytes, 'v.safetensors')).toBe(code);
});

test.each([
  ['nothing', ''],
  ['a web page', '\n<!DOCTYPE html><html>sign in</html>'],
  ['an XML error', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
  ['a JSON error', '{"error": "gated repo"}'],
  ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:00'],
])('%s in place of a model is named for what it is', async (_what, content) => {
  for (const name of ['m.gguf', 'v.safetensors', 'lama.onnx', 'voice.bin']) {
    const failure = await failureOf(checkModelFile(file(text(content)), name));
    expect(failure).toMatchObject({ code: 'model.not-a-model', retryable: false });
    expect(toWorkerError(failure).message).toContain(name);
  }
});

test("an unknown format is let through, as is a voice's config", async () => {
  await checkModelFile(file(text('\u0008\u0007onnx')), 'lama.onnx');
  await checkModelFile(file(text('{"audio": {"sample_rate": 16000}}')), 'voice.onnx.json');
});

/** What a file may come to, and nothing else. */
const OUTCOMES = ['sound', 'model.header-invalid', 'model.truncated', 'model.not-a-model'];
const MOST_READ_BYTES = 64 * MIB;

/** Checks a file that holds its reader to the bounds. Says what came of it. */
async function outcomeOf(bytes: Uint8Array, name: string, sizeBytes = bytes.byteLength): Promise<string> {
  let readBytes = 0;
  const read = async (at: number, length: number): Promise<Uint8Array> => {
    expect(at + length).toBeLessThanOrEqual(Math.min(sizeBytes, MOST_READ_BYTES));
    readBytes += length;
    return bytes.slice(at, at + length);
  };
  const code = await checkModelFile({ sizeBytes, read }, name).then(
    () => 'sound',
    (thrown: unknown) => toWorkerError(thrown).code,
  );
  // It restarts with four times as much each time, so all looks together are a third more than the last.
  expect(readBytes).toBeLessThanOrEqual(64 * KIB + (4 / 3) * MOST_READ_BYTES);
  return code;
}

test('a changed header is let through or rejected with a code', async () => {
  const seeds = [
    withData(aGguf({ pairs: [aName, tokens], tensors: [aTensor([4, 2])] }), 32),
    aSafetensors({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 8),
  ];
  const edits = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 1), edits, fc.nat(300), async (which, changes, cut) => {
      const bytes = (seeds[which] ?? new Uint8Array()).slice();
      for (const [at, value] of changes) if (at < bytes.byteLength) bytes[at] = value;
      expect(OUTCOMES).toContain(await outcomeOf(bytes.subarray(0, cut), which === 0 ? 'm.gguf' : 'm.safetensors'));
    }),
    { numRuns: 2_000 },
  );
});

/** Counts and lengths as an attacker would choose them: small ones, and those around every width and bound. */
const aCount = fc.oneof(
  fc.bigInt({ min: 0n, max: 20n }),
  fc.constantFrom(2n ** 16n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
);
const aType = fc.oneof(fc.nat(13), fc.constantFrom(30, 99, 2 ** 32 - 1)).map(u32);
const aText = fc.oneof(fc.string({ maxLength: 40 }).map(str), fc.constant(str('general.alignment')), aCount.map(u64));
const { aValue } = fc.letrec<{ aValue: Uint8Array }>((tie) => ({
  aValue: fc.oneof(
    { maxDepth: 6 },
    fc.tuple(aType, fc.uint8Array({ maxLength: 12 })).map((parts) => joined(...parts)),
    aText.map((value) => joined(u32(8), value)),
    fc
      .tuple(aCount, fc.array(tie('aValue'), { maxLength: 3 }))
      .map(([count, items]) => joined(u32(9), items[0]?.subarray(0, 4) ?? u32(0), u64(count), ...items)),
  ),
}));
const aHostileTensor = fc
  .tuple(aText, fc.array(aCount, { maxLength: 10 }), aType, aCount)
  .map(([name, dimensions, type, at]) => joined(name, u32(dimensions.length), ...dimensions.map(u64), type, u64(at)));
const aHostileGguf = fc
  .record(
    {
      version: fc.constantFrom(2, 3, 3, 3, 4),
      pairs: fc.array(
        fc.tuple(aText, aValue).map((parts) => joined(...parts)),
        { maxLength: 5 },
      ),
      tensors: fc.array(aHostileTensor, { maxLength: 5 }),
      pairCount: aCount,
      tensorCount: aCount,
    },
    { requiredKeys: ['version', 'pairs', 'tensors'] },
  )
  .map(aGguf);
const aHostileSafetensors = fc
  .tuple(
    fc.oneof(
      fc.json(),
      fc
        .dictionary(fc.string(), fc.record({ data_offsets: fc.array(fc.oneof(fc.integer(), fc.double())) }))
        .map((header) => JSON.stringify(header)),
    ),
    fc.option(aCount),
  )
  .map(([header, claimed]) => {
    const bytes = aSafetensors(header, 8);
    return claimed === null ? bytes : joined(u64(claimed), bytes.subarray(8));
  });

test.each([
  ['m.gguf', aHostileGguf],
  ['m.safetensors', aHostileSafetensors],
])('a hostile %s is never read beyond its end', async (name, hostile) => {
  await fc.assert(
    fc.asyncProperty(hostile, fc.oneof(fc.constant(0), fc.nat(4 * MIB)), async (bytes, moreBytes) => {
      // The file may go on with zeros behind what was written of it.
      const whole = joined(bytes, new Uint8Array(moreBytes));
      expect(OUTCOMES).toContain(await outcomeOf(whole, name));
    }),
    { numRuns: 300 },
  );
});

test('a file that is shorter than it claims ends the reading', async () => {
  const endless = aGguf({ pairs: [joined(str('k'), u32(9), u32(8), u64(90_000_000))] });
  const bytes = joined(endless, new Uint8Array(400 * KIB));
  expect(await outcomeOf(bytes, 'm.gguf', 2 ** 40)).toBe('model.truncated');
  expect(await outcomeOf(bytes, 'm.gguf')).toBe('model.truncated');
});

test('a header without end is rejected at the maximum that is read', async () => {
  const start = aGguf({ pairs: [joined(str('k'), u32(9), u32(8), u64(90_000_000))] });
  const read = async (at: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    bytes.set(start.subarray(0, length), at);
    return bytes;
  };
  const checked = failureOf(checkModelFile({ sizeBytes: 2 ** 40, read }, 'm.gguf'));
  expect(await checked).toMatchObject({
    code: 'model.header-invalid',
    message: expect.stringContaining('does not end'),
  });
});

const recogniser = transcribingModel();
/** Of the last tensor of that model, with its description: a bias of 64 numbers. */
function lastTensorBytes(): number {
  const name = 'decoder.blocks.0.cross_attn.out.bias';
  return 3 * 4 + 4 + name.length + 64 * 4;
}
test('a whole recogniser and a whole voice activity model are let through', async () => {
  await checkModelFile(file(recogniser), 'ggml-base.bin');
  await checkModelFile(file(speechModel()), 'ggml-silero.bin');
});

test('a recogniser cut in its header or a tensor is truncated', async () => {
  const [headEnds, lastTensor] = [800_000, recogniser.byteLength - 1];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: headEnds, max: lastTensor }), async (length) => {
      expect(await codeOf(recogniser.subarray(0, length), 'm.bin')).toBe('model.truncated');
    }),
    { numRuns: 30 },
  );
  expect(await codeOf(recogniser.subarray(0, lastTensor), 'm.bin')).toBe('model.truncated');
  expect(await codeOf(recogniser.subarray(0, 1_000), 'm.bin')).toBe('model.truncated');
});

test.each([
  ['tokens', 4, 50_000],
  ['width', 12, 0xffff_ffff],
  ['halves', 28, 128],
  ['heads', 16, 7],
  ['way to store numbers', 44, 4],
  ['version of a way to store numbers', 44, 0x7fff_ffff],
  ['mel bands', 48, 1 << 30],
  ['a word', 64_380, 0xffff_fff0],
])('a recogniser whose %s cannot be is refused before the library believes it', async (_what, at, value) => {
  const hostile = recogniser.slice();
  hostile.set(u32(value), at);
  expect(await codeOf(hostile, 'm.bin')).toBe('model.header-invalid');
});

test('a tensor of a type that ggml does not have is refused', async () => {
  const description = recogniser.byteLength - lastTensorBytes();
  for (const type of [42, 999, 2 ** 32 - 1]) {
    const hostile = recogniser.slice();
    new DataView(hostile.buffer).setUint32(description + 8, type, true);
    expect(await codeOf(hostile, 'm.bin')).toBe('model.header-invalid');
  }
});

test('a recogniser whose numbers are stored in five bits is let through', async () => {
  const quantised = recogniser.slice();
  quantised.set(u32(2_008), 44);
  await checkModelFile(file(quantised), 'ggml-base-q5_0.bin');
});

test('a voice activity model of sizes unknown to the library is rejected', async () => {
  const hostile = speechModel();
  hostile.set(u32(3), 38);
  expect(await codeOf(hostile, 'm.bin')).toBe('model.header-invalid');
});

test('a .bin file of another format is not checked against this one', async () => {
  await checkModelFile(file(text('PK\x03\x04 pytorch weights')), 'pytorch_model.bin');
});
