import { expect, test } from 'bun:test';
import type { StudioFeedEvent } from '../../../../src/contract/page/dashboard.ts';
import { projectEvent, whileAllowed } from '../../../../src/local-studio/http/access/project-feed.ts';
import { createEventFeed } from '../../../../src/page-host/feed.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

/** The events of a studio at which others are busy, as a project follows them that has no jobs. */
function scene(isAllowed: () => Promise<boolean>) {
  const clock = new FakeClock();
  const feed = createEventFeed<StudioFeedEvent>({
    clock,
    run: 'run',
    snapshot: () => Promise.resolve({ event: 'queue', data: {} }),
  });
  const own = feed.open(undefined, true, (event) => projectEvent(event, 'p'));
  const reader = whileAllowed(own, isAllowed).getReader();
  const busy = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 5) {
      feed.publish({ event: 'queue', data: {} });
      await clock.advanceAsync(5_000);
    }
  };
  const text = async (): Promise<string | undefined> => {
    const { value } = await reader.read();
    return value && new TextDecoder().decode(value);
  };
  return { feed, clock, busy, text };
}

test('a project is given signs of life while others are busy', async () => {
  const { clock, busy, text } = scene(() => Promise.resolve(true));
  expect(await text()).toContain('retry');
  let life: string | undefined;
  void text().then((chunk) => (life = chunk));
  await busy(10);
  expect(life).toBeUndefined();
  await busy(10);
  await clock.advanceAsync(0);
  expect(life).toBe(': alive\n\n');
});

test('the events of a removed token end while others are busy', async () => {
  let isAllowed = true;
  const { clock, busy, feed, text } = scene(() => Promise.resolve(isAllowed));
  await text();
  let hasEnded = false;
  void text().then((chunk) => (hasEnded = chunk === undefined));
  isAllowed = false;
  await busy(20);
  await clock.advanceAsync(0);
  expect([hasEnded, feed.subscribers]).toEqual([true, 0]);
});

test('nobody is left following when it cannot be told whether a token is good', async () => {
  const { feed, text } = scene(() => Promise.reject(new Error('the database is away')));
  expect(await text().catch(String)).toContain('the database is away');
  expect(feed.subscribers).toBe(0);
});
