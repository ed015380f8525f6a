import { expect, test } from 'bun:test';
import type { ApiEvent } from '../../../src/local-api/contract/events.ts';
import { toJobId } from '../../../src/base/ids.ts';
import { createEventFeed } from '../../../src/page-host/feed.ts';
import { createPublisher } from '../../../src/local-api/events/publisher.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

function setup() {
  const clock = new FakeClock();
  const feed = createEventFeed<ApiEvent>({
    clock,
    run: 'r1',
    snapshot: () => Promise.reject(new Error('nobody is shown anything')),
  });
  const lookedUp: string[] = [];
  let refreshes = 0;
  const publisher = createPublisher({
    feed,
    clock,
    readStatus: () => Promise.reject(new Error('nobody reads it')),
    viewJob: () => {
      throw new Error('no job is shown');
    },
    findJob: (jobId) => {
      lookedUp.push(jobId);
      return undefined;
    },
    refreshMemory: () => Promise.resolve(void (refreshes += 1)),
  });
  return { clock, feed, lookedUp, publisher, refreshes: () => refreshes };
}

const phase = { is: 'phase', jobId: toJobId('job-1'), phase: 'running' } as const;

test('a worker whose events nobody ever followed looks no job up for them', () => {
  const { clock, lookedUp, publisher } = setup();
  const before = clock.armed;
  publisher.onEvent(phase);
  publisher.onLine({ seq: 1, item: { ts: '', level: 'info', category: 'jobs', message: 'done' } });
  expect(lookedUp).toEqual([]);
  expect(clock.armed).toBe(before);
});

test('events are kept from the first subscriber on, also while it is away', async () => {
  const { feed, lookedUp, publisher } = setup();
  await feed.open('r1-0').cancel();
  expect(feed.subscribers).toBe(0);
  publisher.onEvent(phase);
  expect(lookedUp).toEqual(['job-1']);
});

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an icon in the tray has no driver asked, a page beside it has', async () => {
  const { clock, feed, refreshes } = setup();
  const icon = feed.open('r1-0', false);
  expect([feed.subscribers, feed.viewers]).toEqual([1, 0]);
  clock.advance(10_000);
  await nextTurn();
  clock.advance(10_000);
  await nextTurn();
  expect(refreshes()).toBe(0);
  const page = feed.open('r1-0');
  clock.advance(10_000);
  expect(refreshes()).toBe(1);
  await Promise.all([icon.cancel(), page.cancel()]);
});
