import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { MIB } from '../../../../src/base/units.ts';
import { createEvents } from '../../../../src/engines/gradio/events.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const APP = { base: 'http://127.0.0.1:1', apiPrefix: '/gradio_api' };

/** What reaches the listener of a stream that comes in these parts, and how the stream ended. */
async function heard(parts: readonly Uint8Array[], type = 'text/event-stream') {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
  const answer = new Response(body, { headers: { 'content-type': type } });
  const { signal } = new AbortController();
  const events = createEvents(APP, { ask: () => Promise.resolve(answer), signal });
  const messages: unknown[] = [];
  const onmessage = ({ data }: MessageEvent): unknown => messages.push(JSON.parse(String(data)));
  Object.assign(events.open('session', signal), { onmessage });
  const end = await failureOf(events.broken);
  return { messages, end };
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** The bytes in pieces, cut at these places. */
const cut = (bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] => {
  const at = [...new Set([0, ...places.map((place) => place % (bytes.byteLength + 1)), bytes.byteLength])];
  const sorted = at.toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, n) => bytes.subarray(sorted[n], end));
};

test('messages come whole however the stream is cut, and whatever ends its lines', async () => {
  const story = fc.array(fc.record({ msg: fc.constant('progress'), said: fc.string({ unit: 'grapheme' }) }));
  await fc.assert(
    fc.asyncProperty(story, fc.constantFrom('\n', '\r\n'), fc.array(fc.nat()), async (messages, end, places) => {
      const bytes = text(messages.map((message) => `data: ${JSON.stringify(message)}${end}${end}`).join(''));
      expect((await heard(cut(bytes, places))).messages).toEqual(messages);
    }),
  );
});

test('comments, event names and multi-line data follow the SSE standard', async () => {
  const { messages } = await heard([text(': hello\nevent: message\nid: 7\ndata: {"msg":\ndata: "estimation"}\n\n')]);
  expect(messages).toEqual([{ msg: 'estimation' }]);
});

test.each([
  ['one line', 'x'.repeat(MIB)],
  ['lines', `data: ${'x'.repeat(MIB)}\n`],
])('an endless message of %s is cut off at a size limit', async (_, part) => {
  const bytes = text(part);
  const { end, messages } = await heard([
    text('data: {"msg":"estimation"}\n\ndata: '),
    ...Array.from({ length: 65 }, () => bytes),
  ]);
  expect(messages).toHaveLength(1);
  expect(end).toMatchObject({
    code: 'engine.failed',
    message: expect.stringContaining('one of its messages is too large'),
  });
});

test.each([
  ['a page for people', [text('<!doctype html>')], 'text/html', 'it does not stream events'],
  ['a list', [text('data: [1]\n\n')], undefined, 'something other than messages'],
  ['a result without an output', [text('data: {"msg":"process_completed"}\n\n')], undefined, 'without an output'],
  ['an error of its own', [text('data: {"msg":"unexpected_error","message":"gone"}\n\n')], undefined, 'gone'],
  ['an end before the result', [text('data: {"msg":"estimation"}\n\n')], undefined, 'before it was done'],
])('a stream with %s ends the work in words', async (_, parts, type, words) => {
  const { end } = await heard(parts, type);
  expect(end).toMatchObject({ code: 'engine.failed', message: expect.stringContaining(words) });
});
