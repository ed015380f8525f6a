import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readProgress } from '../../../src/models/download/progress-file.ts';
import { readStateFile } from '../../../src/models/state-file.ts';
import { readFileReceipt } from '../../../src/models/store/receipt.ts';

const filesWith = (text: string) => ({ readText: () => Promise.resolve(text) });

test.each([
  ['not JSON', '{"sizeBytes": 5', 'not JSON'],
  ['a list', '[]', 'file: expected an object'],
  ['no size', '{}', 'sizeBytes: expected a whole number'],
  ['half a byte', '{"sizeBytes": 0.5}', 'sizeBytes: expected a whole number'],
  ['more bytes than a number holds', '{"sizeBytes": 9007199254740993}', 'sizeBytes: expected a whole number'],
])('a file of ours with %s is rejected, with the field named', (_what, text, problem) => {
  expect(readStateFile(text, (fields) => fields.count('sizeBytes'))).toEqual({ is: 'unreadable', problem });
});

test('a problem with a file never echoes what the file holds', () => {
  const read = readStateFile('{"url": {"token": "s3cret"}}', (fields) => fields.text('url'));
  expect(read).toEqual({ is: 'unreadable', problem: 'url: expected a text' });
});

test('an error that is not about the file is thrown on', () => {
  const bug = new TypeError('no such method');
  expect(() =>
    readStateFile('{}', () => {
      throw bug;
    }),
  ).toThrow(bug);
});

const PROGRESS = { filename: 'm.bin', url: '1f', sizeBytes: 10, blockBytes: 4, done: [[0, 7]] };

test.each([
  ['blocks of no size', { blockBytes: 0 }],
  ['more blocks than any file has', { sizeBytes: 1e12, blockBytes: 1 }],
  ['a list of blocks that is none', { done: {} }],
  ['a block without a checksum', { done: [[0]] }],
  ['a negative block', { done: [[-1, 7]] }],
  ['a checksum that is a text', { done: [[0, '7']] }],
  ['a digest that is a number', { sha256: 5 }],
])('a progress file with %s resumes nothing', async (_what, wrong) => {
  expect(await readProgress(filesWith(JSON.stringify(PROGRESS)), 'p')).toMatchObject({ done: [[0, 7]] });
  expect(await readProgress(filesWith(JSON.stringify({ ...PROGRESS, ...wrong })), 'p')).toBeUndefined();
});

test('whatever receipts and progress files hold, none of it is fatal', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
      expect([await readFileReceipt(filesWith(text), 'r'), await readProgress(filesWith(text), 'p')]).toEqual([
        undefined,
        undefined,
      ]);
    }),
  );
});
