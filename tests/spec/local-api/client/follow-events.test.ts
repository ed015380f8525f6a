import { expect, test } from 'bun:test';
import { type ApiLink, followEvents, RETRY_MS, SILENCE_MS } from '../../../../src/local-api/client/follow-events.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Follows a worker whose answers a test gives. */
function setup() {
  const clock = new FakeClock();
  const links: ApiLink['is'][] = [];
  const events: string[] = [];
  const asked: (string | undefined)[] = [];
  let answer: (signal?: AbortSignal) => Response | undefined = () => undefined;
  const link = followEvents({
    now: () => clock.now(),
    after: (ms, call) => clock.after(ms, call),
    request: (_path, { headers, signal }) => {
      asked.push(new Headers(headers).get('last-event-id') ?? undefined);
      const response = answer(signal ?? undefined);
      return response === undefined ? Promise.reject(new Error('nobody listens')) : Promise.resolve(response);
    },
    onEvents: (all) => events.push(...all.map(({ data }) => data)),
    onLink: (next) => void (links.at(-1) === next.is || links.push(next.is)),
  });
  return { clock, links, events, asked, link, answerWith: (make: typeof answer) => void (answer = make) };
}

test('a stream that ends is resumed behind its last event', async () => {
  const at = setup();
  at.answerWith(() => new Response('id: a-1\ndata: one\n\nid: a-2\ndata: two\n\n'));
  await turn();
  at.clock.advance(RETRY_MS);
  await turn();
  expect(at.events).toEqual(['one', 'two']);
  at.clock.advance(RETRY_MS);
  await turn();
  expect(at.asked).toEqual([undefined, undefined, 'a-2']);
  at.link.close();
});

/** A stream that stays open until its reader leaves. */
const openStream = (signal?: AbortSignal): Response =>
  new Response(
    new ReadableStream({
      start(its) {
        its.enqueue(Buffer.from('data: x\n\n'));
        signal?.addEventListener('abort', () => its.error(new Error('left')));
      },
    }),
  );

test('closing leaves no timer that would keep a process', async () => {
  const at = setup();
  at.answerWith(openStream);
  await turn();
  at.clock.advance(RETRY_MS);
  await turn();
  expect(at.links).toEqual(['lost', 'live']);
  expect(at.clock.armed).toBe(1);
  at.clock.advance(SILENCE_MS - 1);
  expect(at.clock.armed).toBe(1);
  at.link.close();
  await turn();
  expect(at.clock.armed).toBe(0);
});
