import { expect, setDefaultTimeout } from 'bun:test';
import { busNotices } from '../../../../../src/system/desktop/notices/bus-notices.ts';
import { systemClock } from '../../../../../src/system/clock.ts';
import { TEST_MS, waitFor } from '../../../../flow/wait-for.ts';
import { notificationServer } from '../../../../fakes/system/notification-server.ts';
import { sessionBus } from '../../../../fakes/system/session-bus.ts';
import { failureOf } from '../../../../fakes/system/temp-folder.ts';
import { needs } from '../../../../needs.ts';

setDefaultTimeout(TEST_MS);

const dbusTest = needs('dbus-daemon');
const NOTICE = { title: 'Image failed', body: 'R&D <flux> is out of memory', isFailure: true };

function setup(path: string) {
  let clicks = 0;
  const notices = busNotices({ clock: systemClock, paths: [path], onClick: () => void (clicks += 1) });
  return { notices, clicks: () => clicks, [Symbol.dispose]: () => notices[Symbol.dispose]() };
}

dbusTest('a desktop is given words, a picture and an action', async () => {
  await using bus = await sessionBus();
  using server = await notificationServer(bus.path);
  using worker = setup(bus.path);
  await worker.notices.show(NOTICE);
  const [shown] = server.shown;
  expect(shown).toMatchObject({
    title: 'Image failed',
    body: 'R&amp;D &lt;flux&gt; is out of memory',
    actions: ['default', 'Open'],
  });
  expect(shown!.hints.get('urgency')).toBe(1);
  expect((shown!.hints.get('image-data') as unknown[]).slice(0, 6)).toEqual([64, 64, 256, true, 8, 4]);
});

dbusTest('a click on a notice of another program is not ours', async () => {
  await using bus = await sessionBus();
  using server = await notificationServer(bus.path);
  using worker = setup(bus.path);
  await worker.notices.show(NOTICE);
  server.click(99);
  server.click(1);
  await waitFor(
    'a click',
    () => worker.clicks() > 0,
    () => '',
  );
  expect(worker.clicks()).toBe(1);
});

dbusTest('a desktop without notifications is an error, and no end of them', async () => {
  await using bus = await sessionBus();
  using worker = setup(bus.path);
  expect(await failureOf(worker.notices.show(NOTICE))).toMatchObject({ code: 'native.unavailable' });
  await bus.stop();
  expect(await failureOf(worker.notices.show(NOTICE))).toBeDefined();
  await bus.start();
  using server = await notificationServer(bus.path);
  await worker.notices.show(NOTICE);
  expect(server.shown).toHaveLength(1);
});
