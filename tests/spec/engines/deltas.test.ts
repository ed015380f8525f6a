import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createDeltaOutlet, followed, type OnDelta } from '../../../src/engines/deltas.ts';
import type { TaskDelta } from '../../../src/engines/result.ts';
import { settle } from '../../fakes/system/fake-clock.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';

const text = (words: string): TaskDelta => ({ is: 'text', text: words });
const preview = (byte: number, size = 1): TaskDelta => ({
  is: 'preview',
  bytes: new Uint8Array(size).fill(byte),
  ext: 'png',
});
const RESTART: TaskDelta = { is: 'restart' };

/** A follower that takes a piece whenever the test lets it. */
function slowFollower() {
  const got: TaskDelta[] = [];
  let free = Promise.withResolvers<void>();
  const listen: OnDelta = (delta) => {
    got.push(delta);
    return free.promise;
  };
  const takeOne = async (): Promise<void> => {
    const { resolve } = free;
    free = Promise.withResolvers<void>();
    resolve();
    await settle();
  };
  return { got, listen, takeOne };
}

test('a follower that is fast enough gets every piece at once', async () => {
  const got: TaskDelta[] = [];
  const outlet = createDeltaOutlet((delta) => Promise.resolve(void got.push(delta)));
  outlet.emit(text('a'));
  expect(got).toEqual([text('a')]);
  await settle();
  outlet.emit(text('b'));
  expect(got).toEqual([text('a'), text('b')]);
});

test('while a follower is busy texts are joined and the newest preview counts', async () => {
  const { got, listen, takeOne } = slowFollower();
  const outlet = createDeltaOutlet(listen);
  for (const delta of [text('a'), text('b'), preview(1), text('c'), preview(2)]) outlet.emit(delta);
  expect(got).toEqual([text('a')]);
  await takeOne();
  await takeOne();
  expect(got).toEqual([text('a'), text('bc'), preview(2)]);
});

test('a follower too far behind keeps the beginning, until the result restarts', async () => {
  const { got, listen, takeOne } = slowFollower();
  const outlet = createDeltaOutlet(listen, 4);
  for (const words of ['a', 'bcd', 'ef', 'g']) outlet.emit(text(words));
  await takeOne();
  await takeOne();
  expect(got).toEqual([text('a'), text('bcd')]);
  outlet.emit(text('h'));
  await takeOne();
  outlet.emit(RESTART);
  outlet.emit(text('new'));
  await takeOne();
  await takeOne();
  expect(got.slice(2)).toEqual([RESTART, text('new')]);
});

test('a restart takes back what is pending, and none comes before the first piece', async () => {
  const { got, listen, takeOne } = slowFollower();
  const outlet = createDeltaOutlet(listen);
  outlet.emit(RESTART);
  for (const delta of [text('a'), text('b'), RESTART, text('c')]) outlet.emit(delta);
  await takeOne();
  await takeOne();
  expect(got).toEqual([text('a'), RESTART, text('c')]);
});

test('a preview that is too large is left out', () => {
  const { got, listen } = slowFollower();
  createDeltaOutlet(listen).emit(preview(1, (8 << 20) + 1));
  expect(got).toEqual([]);
});

test('a failed result streams nothing more, a whole one the rest', async () => {
  const whole = slowFollower();
  await followed(whole.listen, new AbortController().signal, async (emit) => {
    emit(text('a'));
    emit(text('b'));
  });
  await whole.takeOne();
  expect(whole.got).toEqual([text('a'), text('b')]);
  const failing = slowFollower();
  let late = (_delta: TaskDelta): void => {};
  const failure = await failureOf(
    followed(failing.listen, new AbortController().signal, async (emit) => {
      emit(text('a'));
      emit(text('b'));
      late = emit;
      throw new Error('no');
    }),
  );
  late(text('c'));
  await failing.takeOne();
  expect([failure, failing.got]).toEqual([new Error('no'), [text('a')]]);
});

test('a result that is cancelled is not followed any further', async () => {
  const { got, listen, takeOne } = slowFollower();
  const abort = new AbortController();
  await followed(listen, abort.signal, async (emit) => {
    emit(text('a'));
    emit(text('b'));
    abort.abort();
    emit(text('c'));
  });
  await takeOne();
  expect(got).toEqual([text('a')]);
});

test('a follower that fails is followed no more and harms nobody', async () => {
  let calls = 0;
  const outlet = createDeltaOutlet(() => Promise.reject(new Error(`call ${(calls += 1)}`)));
  outlet.emit(text('a'));
  await settle();
  outlet.emit(text('b'));
  await settle();
  expect(calls).toBe(1);
});

test('a follower at any pace has the text since the restart', async () => {
  const deltas = fc.array(fc.oneof({ weight: 8, arbitrary: fc.string({ maxLength: 3 }) }, fc.constant(RESTART)));
  await fc.assert(
    fc.asyncProperty(deltas, fc.array(fc.boolean()), fc.integer({ min: 1, max: 8 }), async (pieces, paces, max) => {
      const { got, listen, takeOne } = slowFollower();
      const outlet = createDeltaOutlet(listen, max);
      let sent = '';
      for (const [at, piece] of pieces.entries()) {
        const delta = typeof piece === 'string' ? text(piece) : piece;
        outlet.emit(delta);
        sent = delta.is === 'text' ? sent + delta.text : '';
        if (paces[at] === true) await takeOne();
      }
      for (let takes = 0; takes < 4; takes++) await takeOne();
      const had = got.reduce((words, delta) => (delta.is === 'text' ? words + delta.text : ''), '');
      expect(sent.startsWith(had)).toBeTrue();
    }),
    { numRuns: 200 },
  );
});
