import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createSseReader } from '../../../../src/local-api/client/sse.ts';

const STREAM =
  'id: 1\nevent: status\ndata: {"a":1}\n\n: alive\n\nid: 2\r\nevent: log\r\ndata: x\r\ndata: y\r\n\r\ndata:z\n\n';
const EVENTS = [
  { id: '1', event: 'status', data: '{"a":1}' },
  { id: '2', event: 'log', data: 'x\ny' },
  { id: undefined, event: 'message', data: 'z' },
];

test('events are read, comments are passed over', () => {
  expect(createSseReader().read(STREAM)).toEqual(EVENTS);
});

test('events are the same however the stream is cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
      const reader = createSseReader();
      const ends = [...cuts.toSorted((a, b) => a - b), STREAM.length];
      let start = 0;
      const events = ends.flatMap((end) => {
        const piece = STREAM.slice(start, end);
        start = end;
        return reader.read(piece);
      });
      expect(events).toEqual(EVENTS);
    }),
  );
});
